"""Words, numbers and dates as people of one language write them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_decimal

from templates.catalogue import Catalogue, load_catalogues

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Words:
    """The page words of one language, with the clock of the person whom the page is about."""

    catalogue: Catalogue
    timezone: str
    now: datetime | None = None

    @classmethod
    def of(cls, language: str, timezone: str = "UTC", now: datetime | None = None) -> Words:
        """The package's words; KeyError for a language that there are none in."""
        return cls(load_catalogues("words")[language], timezone, now)

    def say(self, key: str, /, **params: object) -> str:
        """As `Catalogue.say`."""
        return self.catalogue.say(key, **params)

    def count(self, key: str, n: float, /, **params: object) -> str:
        """As `Catalogue.count`, the number written as people write it."""
        return self.catalogue.count(key, n, **{"n": self.number(n), **params})

    def name(self, kind: str, id: str, label: str | None = None) -> str:
        """What the pages call it; else the label that its definition gives; else its id."""
        key = f"{kind}.{id.replace(' ', '-')}"
        if self.catalogue.has(key):
            return self.catalogue.say(key)
        return label or id.replace("-", " ")

    def day(self, when: datetime | date) -> str:
        """Day and month, and the year where it is not this one."""
        day = self._local(when).date() if isinstance(when, datetime) else when
        this_year = self.now is not None and self._local(self.now).year == day.year
        return format_skeleton("MMMd" if this_year else "yMMMd", day, locale=self._locale)

    def whole_day(self, when: datetime) -> str:
        """Day, month and year, whatever year it is: for what is kept."""
        return format_skeleton("yMMMd", self._local(when).date(), locale=self._locale)

    def clock(self, when: datetime) -> str:
        """Hour and minute on the person's clock."""
        return format_time(self._local(when).time(), "short", locale=self._locale)

    def birth_date(self, day: date) -> str:
        """In digits, as records show it."""
        return format_date(day, "dd-MM-y", self._locale)

    def number(self, value: float) -> str:
        """One decimal at most, half up."""
        tenth = Decimal(str(value)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
        return format_decimal(tenth, format="0.#", locale=self._locale)

    def signed(self, value: float) -> str:
        """The same with a sign, zero aside."""
        if value == 0:
            return "0"
        return ("+" if value > 0 else MINUS) + self.number(abs(value))

    def iso(self, when: datetime) -> str:
        """For machines: the time element's attribute."""
        return self._local(when).isoformat(timespec="minutes")

    @property
    def _locale(self) -> str:
        return self.catalogue.say("locale")

    def _local(self, when: datetime) -> datetime:
        return when.astimezone(UTC).astimezone(ZoneInfo(self.timezone))
