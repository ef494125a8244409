"""Days, times and lengths of time in the patient's words: a small closed grammar, no guessing.

The words are data (`templates/commands`, under `when`), of every language at once, since
patients switch. What the grammar does not cover whole is None, and is asked back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from bot.schedule import at_local
from templates.command_words import WhenWords, load_command_words

_TOKEN = re.compile(
    r"(?P<clock>\d{1,2}[:.]\d{2}(?![\d.]))"
    r"|(?P<date>\d{1,2}[/.-]\d{1,2}(?:[/.-]\d{2,4})?(?![\d]))"
    r"|(?P<number>\d{1,4})(?P<dot>\.(?=\s))?"
    r"|(?P<word>[^\W\d_]+(?:'[^\W\d_]+)*)"
    r"|(?P<other>[^\s.,;:!?()-])"
)
_PLAIN_WORDS = re.compile(r"[^\W\d_]+")
_NOON_MARKS = re.compile(r"\b([ap])\.\s?m\b\.?", re.IGNORECASE)
_LONGEST = 60
"""Characters; a longer text is no day or time."""
MONTHS_AT_MOST = 24


@dataclass(frozen=True, slots=True)
class When:
    """What a text says about a day and a time; what it does not say is None."""

    weekday: int | None = None
    every: bool = False
    """It is about each such weekday."""
    day: int | None = None
    month: int | None = None
    year: int | None = None
    ahead: int | None = None
    """Days from today."""
    clock: time | None = None
    half_day: bool = False
    """The clock cannot be twelve hours off: `pm`, `19`, `07:30`."""

    @property
    def has_day(self) -> bool:
        """Whether a day is named at all."""
        return any(part is not None for part in (self.weekday, self.day, self.month, self.ahead))


@dataclass(frozen=True, slots=True)
class Ends:
    """Until when something lasts: one of the four."""

    at: When | None = None
    length: tuple[int, str] | None = None
    """So many of `day`, `week` or `month`."""
    once: bool = False
    open_ended: bool = False


class _Piece(NamedTuple):
    kind: str
    text: str
    dotted: bool = False


def read_when(text: str) -> When | None:
    """The day and time that the whole text names, or None."""
    return _Reader(_pieces(text)).read() if len(text) <= _LONGEST else None


def read_hour(text: str) -> When | None:
    """An hour where one was asked for: a bare "19" will do."""
    said = _Reader(_pieces(text), wants_clock=True).read() if len(text) <= _LONGEST else None
    return None if said is None or said.clock is None else said


def read_rhythm(text: str) -> When | None:
    """A weekday or an hour to be asked at, such as "Mondays at 19"; a bare number is none."""
    said = read_when(text)
    if said is None or (said.weekday is None and said.clock is None):
        return None
    return _undated(said)


def _undated(said: When | None) -> When | None:
    if said is None:
        return None
    dated = any(part is not None for part in (said.day, said.month, said.year, said.ahead))
    return None if dated else said


def read_wished_rhythm(text: str) -> When | None:
    """The same behind words such as "change the time to", where a bare number is an hour."""
    return read_rhythm(text) or _undated(read_hour(text))


def read_put_off(text: str) -> When | None:
    """A day close by for what was asked: "tomorrow", "tomorrow at 9", "tonight at 8"."""
    said = read_when(text)
    if said is None or said.weekday is not None or said.ahead not in (0, 1):
        return None
    return said if said.ahead or said.clock is not None else None


def read_unasked_rhythm(text: str) -> When | None:
    """The same where nothing but the text says so: "on Mondays" and "at 19", not "Monday"."""
    if not any(word in _marks() for word in _PLAIN_WORDS.findall(text.casefold())):
        return None
    said = read_rhythm(text)
    return None if said is None or (said.weekday is not None and not said.every) else said


def read_ends(text: str) -> Ends | None:
    """Until when: "until 12 June", "for two weeks", "once", "until I stop"; else None."""
    if len(text) > _LONGEST:
        return None
    said = " ".join(text.casefold().split()).strip(" .,!?")
    for words in _languages():
        if said in words.once:
            return Ends(once=True)
        if said in words.open_ended:
            return Ends(open_ended=True)
    pieces = _pieces(text)
    return _until(pieces) or _length(pieces)


def split_ends(text: str) -> tuple[str, Ends | None]:
    """The text without the "until ..." that it ends with, and that."""
    starts = [found.start() for found in re.finditer(r"(?<=\s)\S", text)]
    for start in starts:
        ends = read_ends(text[start:])
        if ends is not None:
            return text[:start].rstrip(" ,"), ends
    return text, None


def split_unclear_ends(text: str) -> tuple[str, str]:
    """The text without an "until ..." that names no day: whatever it is, it is no name.

    Behind "and" it is somebody else: "til Jens og til min læge".
    """
    either = "|".join(re.escape(word) for words in _languages() for word in words.until)
    found = re.search(rf"(?<=\S)(?<!\sog)(?<!\sand)[\s,]+(?=(?:{either})\s)", text, re.IGNORECASE)
    return (text, "") if found is None else (text[: found.start()], text[found.end() :])


def day_of(said: When, now: datetime, zone: ZoneInfo) -> date | None:
    """The coming day that is meant; None where there is none, or it has passed."""
    today = now.astimezone(zone).date()
    if said.ahead is not None:
        day: date | None = today + timedelta(days=said.ahead)
    elif said.day is not None or said.month is not None:
        day = _coming(said, today)
    elif said.weekday is not None:
        day = today + timedelta(days=(said.weekday - today.weekday() - 1) % 7 + 1)
    else:
        return None
    fits = day is not None and (said.weekday is None or said.weekday == day.weekday())
    return day if fits else None


def end_of(ends: Ends, now: datetime, zone: ZoneInfo, clock: time) -> datetime | None:
    """When a length of time is over, or `clock` of the day named; None where that is past."""
    today = now.astimezone(zone).date()
    if ends.length is not None:
        count, unit = ends.length
        day: date | None = _later(today, count, unit)
    else:
        day = day_of(ends.at, now, zone) if ends.at else None
    if day is None:
        return None
    moment = at_local(day, clock, zone)
    return moment if moment > now else None


def _later(today: date, count: int, unit: str) -> date:
    if unit != "month":
        return today + timedelta(days=count * (7 if unit == "week" else 1))
    year, month = divmod(today.year * 12 + today.month - 1 + count, 12)
    return _last_valid(year, month + 1, today.day)


def _last_valid(year: int, month: int, day: int) -> date:
    """The day, or the last of a shorter month."""
    while True:
        try:
            return date(year, month, day)
        except ValueError:
            day -= 1


def _coming(said: When, today: date) -> date | None:
    """The next such day of the year, or of a month; a month alone is its first day."""
    years = (said.year,) if said.year is not None else (today.year, today.year + 1)
    months = (said.month,) if said.month is not None else range(1, 13)
    found = filter(None, (_valid(y, m, said.day or 1) for y in years for m in months))
    return next((day for day in found if day >= today), None)


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


@cache
def _languages() -> Sequence[WhenWords]:
    return [words.when for words in load_command_words().values()]


@cache
def _marks() -> frozenset[str]:
    """Words without which a day or a time is no request: "at", "Mondays"."""
    return frozenset(word for words in _languages() for word in (*words.at, *words.every))


@cache
def _phrases() -> Sequence[tuple[tuple[str, ...], str]]:
    """Phrases of several words, the longest first, each as one word with blanks."""
    found = [
        phrase
        for words in _languages()
        for phrase in (*words.days_ahead, *words.until, *words.past)
        if " " in phrase
    ]
    return [(tuple(phrase.split()), phrase) for phrase in sorted(found, key=len, reverse=True)]


def _pieces(text: str) -> list[_Piece]:
    even = _NOON_MARKS.sub(r"\1m", text.casefold())
    return list(_joined([_piece(match) for match in _TOKEN.finditer(even)]))


def _piece(match: re.Match[str]) -> _Piece:
    if match["number"]:
        return _Piece("number", match["number"], match["dot"] is not None)
    return _Piece(match.lastgroup or "other", match.group())


def _joined(pieces: Sequence[_Piece]) -> Iterator[_Piece]:
    at = 0
    while at < len(pieces):
        for words, phrase in _phrases():
            if tuple(piece.text for piece in pieces[at : at + len(words)]) == words:
                yield _Piece("word", phrase)
                at += len(words)
                break
        else:
            yield pieces[at]
            at += 1


def _until(pieces: Sequence[_Piece]) -> Ends | None:
    if len(pieces) < 2 or not any(pieces[0].text in words.until for words in _languages()):
        return None
    said = _Reader(pieces[1:]).read()
    return Ends(at=said) if said is not None and said.has_day and said.clock is None else None


def _length(pieces: Sequence[_Piece]) -> Ends | None:
    """`for two weeks`, `i en måned`, `2 weeks`."""
    if pieces and any(pieces[0].text in words.lasting for words in _languages()):
        pieces = pieces[1:]
    if len(pieces) != 2:
        return None
    count = _number(pieces[0])
    unit = next((w.units[pieces[1].text] for w in _languages() if pieces[1].text in w.units), None)
    if count is None or unit is None or not 1 <= count <= _most(unit):
        return None
    return Ends(length=(count, unit))


def _most(unit: str) -> int:
    return {"day": 31 * MONTHS_AT_MOST, "week": 4 * MONTHS_AT_MOST}.get(unit, MONTHS_AT_MOST)


def _number(piece: _Piece) -> int | None:
    if piece.kind == "number":
        return int(piece.text)
    return next((w.numbers[piece.text] for w in _languages() if piece.text in w.numbers), None)


class _Reader:
    """Reads pieces from left to right; what it cannot place makes the whole None."""

    def __init__(self, pieces: Sequence[_Piece], *, wants_clock: bool = False) -> None:
        self.pieces = pieces
        self.found: dict[str, Any] = {}
        self.wants_clock = wants_clock
        self.wants_day = False
        self.noon: str = ""
        self.past: int | None = None
        """Minutes by which the hour that follows is moved."""

    def read(self) -> When | None:
        """What they say; None where a piece has no place."""
        for at, piece in enumerate(self.pieces):
            if not self._take(at, piece):
                return None
        return self._when() if self.found and not self.wants_clock else None

    def _take(self, at: int, piece: _Piece) -> bool:
        if piece.kind == "word":
            return self._word(piece) or self._number(at, piece)
        if piece.kind == "number":
            return self._number(at, piece)
        if piece.kind == "clock":
            return self._clock_or_date(at, piece)
        return piece.kind == "date" and self._date(piece)

    def _word(self, piece: _Piece) -> bool:
        return any(self._word_of(words, piece.text) for words in _languages())

    def _word_of(self, words: WhenWords, text: str) -> bool:
        if text in words.weekdays:
            return self._set(weekday=words.weekdays[text])
        if text in words.every:
            return self._set(weekday=words.every[text], every=True)
        if text in words.months:
            return self._set(month=words.months[text])
        if text in words.days_ahead:
            return self._set(ahead=words.days_ahead[text])
        if text in words.at:
            self.wants_clock = True
        elif text in words.past and self.past is None:
            self.wants_clock, self.past = True, words.past[text]
        elif text in words.minutes and self.found.get("clock", (0, 1))[1] == 0:
            self.found["clock"] = (self.found["clock"][0], words.minutes[text])
        elif text in words.before_noon or text in words.after_noon:
            self.noon = "am" if text in words.before_noon else "pm"
        elif text in words.ordinal:
            self.wants_day = "day" not in self.found
        else:
            return text in words.fillers or text in words.oclock
        return True

    def _set(self, **parts: Any) -> bool:
        """Take parts that are not known yet; a second weekday or clock is no date."""
        if any(part in self.found for part in parts):
            return False
        self.found.update(parts)
        return True

    def _number(self, at: int, piece: _Piece) -> bool:
        number = _number(piece)
        if number is None:
            return False
        if number > 31:
            known = "month" in self.found and 2000 <= number <= 2100
            return known and self._set(year=number)
        if self.wants_clock or (self._is_hour(at) and not self.wants_day):
            return self._hour(number, piece)
        self.wants_day = False
        return self._is_day(at, piece) and number > 0 and self._set(day=number)

    def _hour(self, number: int, piece: _Piece) -> bool:
        """An hour, or what "half past" or "halv" makes of it: "halv et" is 12:30."""
        self.wants_clock = False
        plain = piece.kind == "number" and (number > 12 or piece.text.startswith("0"))
        if self.past is None:
            return number < 24 and self._set(clock=(number, 0), half_day=plain or number == 0)
        hour, minute = divmod(number * 60 + self.past, 60)
        return 0 < number < 24 and self._set(clock=(hour or 12, minute), half_day=plain)

    def _is_hour(self, at: int) -> bool:
        """A number after a weekday, or before `pm`, is an hour unless it is one of a date."""
        if self.pieces[at].dotted or self._beside_month(at) or self._is_weekdays_day(at):
            return False
        following = self._text(at + 1)
        marked = any(
            following in words.before_noon | words.after_noon | words.oclock
            for words in _languages()
        )
        named = {"weekday", "ahead"} & self.found.keys() or {"day", "month"} <= self.found.keys()
        return marked or (bool(named) and not self._is_ordinal(at))

    def _is_day(self, at: int, piece: _Piece) -> bool:
        plain = piece.dotted or self._beside_month(at) or self._is_ordinal(at)
        return plain or self._is_weekdays_day(at)

    def _is_weekdays_day(self, at: int) -> bool:
        """Whether the clock comes later: in "Tuesday 13 at 10" the first number is a day."""
        later = self.pieces[at + 1 :]
        clock = any(
            piece.kind == "clock" or piece.text in words.at or piece.text in words.past
            for piece in later
            for words in _languages()
        )
        return clock and "weekday" in self.found and "day" not in self.found

    def _is_ordinal(self, at: int) -> bool:
        beside = (self._text(at - 1), self._text(at + 1))
        return any(text in words.ordinal for text in beside for words in _languages())

    def _beside_month(self, at: int) -> bool:
        after = self._text(at + 1)
        if any(after in words.fillers for words in _languages()):
            after = self._text(at + 2)
        beside = (self._text(at - 1), after)
        return "day" not in self.found and any(
            text in words.months for text in beside for words in _languages()
        )

    def _text(self, at: int) -> str:
        return self.pieces[at].text if 0 <= at < len(self.pieces) else ""

    def _clock_or_date(self, at: int, piece: _Piece) -> bool:
        """`9.15` is a time, unless another time stands in the text or a day is awaited."""
        others = any(
            each.text in words.at for each in self.pieces[at + 1 :] for words in _languages()
        )
        if "." in piece.text and not self.wants_clock and (self.wants_day or others):
            return self._date(piece)
        hour, minute = map(int, re.split(r"[:.]", piece.text))
        self.wants_clock = False
        if hour > 23 or minute > 59:
            return False
        return self._set(clock=(hour, minute), half_day=hour > 12 or piece.text.startswith("0"))

    def _date(self, piece: _Piece) -> bool:
        parts = [int(part) for part in re.split(r"[/.-]", piece.text)]
        self.wants_day = False
        if not (1 <= parts[0] <= 31 and 1 <= parts[1] <= 12):
            return False
        more = {"year": parts[2] + (2000 if parts[2] < 100 else 0)} if len(parts) == 3 else {}
        return self._set(day=parts[0], month=parts[1], **more)

    def _when(self) -> When | None:
        clock = self.found.pop("clock", None)
        if clock is None:
            return None if self.noon else When(**self.found)
        hour, minute = clock
        if self.noon and hour > 12:
            return None if self.noon == "am" else self._at(hour, minute)
        if self.noon:
            hour = hour % 12 + (12 if self.noon == "pm" else 0)
        return self._at(hour, minute)

    def _at(self, hour: int, minute: int) -> When:
        sure = self.found.pop("half_day", False) or bool(self.noon)
        return When(clock=time(hour, minute), half_day=sure, **self.found)
