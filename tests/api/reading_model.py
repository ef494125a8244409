"""Whatever happens, in whatever order, and a slow model of who may read what of it.

The model keeps lists and asks them at every read; it shares no code with the product. What is
told carries marks ("goal-3"), so that a page shows by its text what got onto it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from httpx2 import Response

from bot import access
from bot.access import Opener
from tests.api.test_professional import Anne
from tests.bot.practice import MINUTE, WORDS, Practice, Shared
from trajectory import care_team
from trajectory.care_team import Member
from trajectory.grants import ONCE, WORK_PAGE

TREATING = ("physiotherapist", "gp", "nurse")
ROLES = (*TREATING, "relative", "other", "job-centre", "insurer", "employer")
PURPOSES = (("summary",), ("summary", ONCE), (WORK_PAGE,))
ENDS = (None, timedelta(minutes=25), timedelta(hours=5), timedelta(days=30))
TIMES = (
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    12 * MINUTE,
    31 * MINUTE,
    timedelta(hours=3),
    timedelta(days=1),
    timedelta(days=31),
)
TOLD = ("goal", "plan", "question", "contact", "red-flag", "note")
SHOWN = {
    "whole": frozenset({"goal", "plan", "question", "contact", "red-flag"}),
    "family": frozenset({"goal", "plan"}),
}
"""What a page may show of what was told; the note is the patient's own, and nobody's to read."""
TAKEN = ("/summary/journal.txt", "/summary/summary.json", "/summary/summary.pdf")
"""What only those who treat the patient take along."""
_MARK = re.compile(r"\b(?:goal|plan|question|contact|red-flag|note|frozen)-\d+\b")


T = TypeVar("T")


@dataclass
class Person:
    member: Member
    role: str
    removed: bool = False


@dataclass
class Given:
    person: Person
    shared: Shared
    purposes: tuple[str, ...]
    until: datetime | None
    frozen: str
    ended: bool = False
    opened: bool = False
    codes: list[datetime] = field(default_factory=list)


@dataclass
class Open:
    given: Given
    cookie: str
    opened_at: datetime
    used_at: datetime
    left: bool = False


class Life:
    """One patient's record, everybody near it, and what the model knows of them."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self.browser = Anne(practice).browser
        self.people: list[Person] = []
        self.given: list[Given] = []
        self.pages: list[Open] = []
        self.told: dict[str, list[str]] = {kind: [] for kind in TOLD}
        self.erased = False
        self.count = 0
        self.reads = 0

    def act(self, name: str, one: int, two: int) -> None:
        """Do one thing; the numbers choose among what there is."""
        getattr(self, name)(one, two)

    # What happens

    def names(self, one: int, two: int) -> None:
        if not self.erased:
            role = ROLES[one % len(ROLES)]
            self.people.append(Person(self.practice.name("Somebody", role), role))

    def shares(self, one: int, two: int) -> None:
        present = [each for each in self.people if not each.removed]
        if not present or self.erased:
            return
        person = present[one % len(present)]
        purposes = PURPOSES[two % len(PURPOSES)]
        if two % 4:  # mostly what the conversation would give to somebody in this role
            office = person.role in ("job-centre", "insurer")
            purposes = (WORK_PAGE,) if office else PURPOSES[two % 2]
        lasts = ENDS[(one + two) % len(ENDS)]
        frozen = self._mark("frozen")
        self.practice.words_on_page = frozen
        shared = self.practice.share(person.member, *purposes, until=lasts)
        until = None if lasts is None else self.practice.now + lasts
        self.given.append(Given(person, shared, purposes, until, frozen))

    def ends(self, one: int, two: int) -> None:
        if given := _one_of(self.given, one):
            self.practice.end(given.shared)
            given.ended = True

    def removes(self, one: int, two: int) -> None:
        if person := _one_of(self.people, one):
            with self.practice.database.write() as connection:
                care_team.remove(connection, person.member.id, self.practice.now)
            person.removed = True

    def changes_role(self, one: int, two: int) -> None:
        if person := _one_of(self.people, one):
            person.role = ROLES[two % len(ROLES)]
            self.practice.change_role(person.member, person.role)

    def waits(self, one: int, two: int) -> None:
        self.practice.wait(TIMES[one % len(TIMES)])

    def tells(self, one: int, two: int) -> None:
        if not self.erased:
            kind = TOLD[one % len(TOLD)]
            mark = self._mark(kind)
            self.told[kind].append(mark)
            more = {"flow": "red-flags", "code": "soon"} if kind == "red-flag" else {}
            self.practice.tell(kind, f"says {mark} here", **more)

    def stops(self, one: int, two: int) -> None:
        """STOP ends the messages; whom the patient shares with may read on."""
        if not self.erased:
            self.practice.stop()

    def erases(self, one: int, two: int) -> None:
        if one % 4 == 0 and not self.erased:
            self.practice.erase()
            self.erased = True

    # Who comes

    def opens(self, one: int, two: int) -> None:
        """The right person, with the newest code and the words."""
        given = _one_of(self.given[-3:], one)
        self.practice.wait(2 * MINUTE)
        now = self.practice.now
        if not given or sum(at > now - timedelta(hours=1) for at in given.codes) >= 5:
            return
        may = self._may_open(given)
        cookie = self._tries(given)
        assert (cookie is not None) == may, "a link that should be dead opens, or the other way"
        if cookie:
            self.pages.append(Open(given, cookie, now, now))
            given.opened = True
            if ONCE in given.purposes:
                last = now + timedelta(hours=8)
                given.until = last if given.until is None else min(given.until, last)
            self._read(self.pages[-1], "/summary")

    def reads_page(self, one: int, two: int) -> None:
        if page := _one_of(self.pages[-4:], one):
            self._read(page, ("/summary", *TAKEN)[two % 4])

    def reads_all(self, one: int, two: int) -> None:
        for page in self.pages:
            self._read(page, "/summary")

    def leaves(self, one: int, two: int) -> None:
        if page := _one_of(self.pages, one):
            if self._kind(page) is not None and ONCE in page.given.purposes:
                page.given.until = self.practice.now
            page.left = True
            self._ask("POST", "/summary/leave", page.cookie)

    def writes(self, one: int, two: int) -> None:
        """A note through any page that was ever open: kept only where the page is whole."""
        if not (page := _one_of(self.pages, one)):
            return
        kind = self._kind(page)
        before = self._notes()
        data = {"found": f"found {self.count}", "id": str(self.count)}
        self.count += 1
        self._ask("POST", "/summary/notes", page.cookie, data)
        assert self._notes() - before == (kind == "whole")
        if kind == "whole":
            page.used_at = self.practice.now

    def guesses(self, one: int, two: int) -> None:
        """Links, codes, ids and cookies that are nearly right let nobody in."""
        token = self.given[one % len(self.given)].shared.token if self.given else "x" * 43
        cookie = self.pages[two % len(self.pages)].cookie if self.pages else "y" * 43
        for guess in _bent(token, one):
            assert self._ask("GET", f"/s/{guess}").status_code == 404
            form = {"code": f"{one:06}", "word": WORDS, "who": "x", "purpose": "y"}
            assert self._ask("POST", f"/s/{guess}/open", data=form).status_code == 404
        for guess in (*_bent(cookie, two), token):
            for path in ("/summary", *TAKEN):
                answer = self._ask("GET", path, guess)
                assert answer.status_code == 401
                assert not _MARK.search(answer.text)
        answer = self._ask("POST", f"/summary/flags/{one + 1}/handled", cookie[::-1])
        assert answer.status_code in (401, 404)

    def scans(self, one: int, two: int) -> None:
        """A mail's scanner follows every link, again and again; nobody is let in or told."""
        audited = 0 if self.erased else len(self.practice.audited())
        for given in self.given:
            for path in (f"/s/{given.shared.token}", f"/s/{given.shared.token}/open"):
                for method in ("GET", "HEAD"):
                    answer = self._ask(method, path)
                    assert "set-cookie" not in answer.headers
                    assert not _MARK.search(answer.text)
        assert self.erased or len(self.practice.audited()) == audited

    # The model

    def _may_read(self, given: Given) -> str | None:
        """Which page this grant shows now: `whole`, `family`, `work`, or none at all."""
        over = given.until is not None and given.until <= self.practice.now
        if self.erased or given.ended or over or given.person.removed:
            return None
        role, work = given.person.role, WORK_PAGE in given.purposes
        if role in TREATING:
            return "work" if work else "whole"
        if role in ("job-centre", "insurer"):
            return "work" if work else None
        if role in ("relative", "other"):
            return None if work else "family"
        return None

    def _may_open(self, given: Given) -> bool:
        spent = ONCE in given.purposes and given.opened
        return self._may_read(given) is not None and not spent

    def _kind(self, page: Open) -> str | None:
        now = self.practice.now
        fresh = now - page.used_at < timedelta(minutes=30)
        young = now - page.opened_at < timedelta(hours=8)
        return self._may_read(page.given) if fresh and young and not page.left else None

    def _read(self, page: Open, path: str) -> None:
        kind = self._kind(page)
        answer = self._ask("GET", path, page.cookie)
        seen = set(_MARK.findall(answer.text))
        if kind is None or (path in TAKEN and kind != "whole"):
            assert answer.status_code in (401, 404)
            assert seen == set()
            return
        page.used_at = self.practice.now
        assert answer.status_code == 200
        self.reads += 1
        if path.endswith(".pdf"):
            assert answer.content.startswith(b"%PDF")
            return
        if kind == "work":
            assert seen == {page.given.frozen}
            return
        assert seen <= {mark for each in SHOWN[kind] for mark in self.told[each]}
        newest = {self.told[each][-1] for each in ("goal", "plan") if self.told[each]}
        assert newest <= seen

    # How it is done

    def _tries(self, given: Given) -> str | None:
        practice = self.practice
        try:
            access.request_code(practice.deployment, given.shared.token, practice.now)
            given.codes.append(practice.now)
            code, opener = practice.newest_code(), Opener("Lone Bo", "a case")
            token, now = given.shared.token, practice.now
            return access.open_page(practice.deployment, token, code, WORDS, now, opener)
        except access.Ended:
            return None

    def _ask(
        self, method: str, path: str, cookie: str = "", data: dict[str, str] | None = None
    ) -> Response:
        self.browser.cookies.clear()
        if cookie:
            self.browser.cookies.set("__Host-backtrace-pro", cookie)
        return self.browser.request(method, path, data=data)

    def _notes(self) -> int:
        if self.erased:
            return 0
        return sum(row.author != "patient" for row in self.practice.timeline())

    def _mark(self, kind: str) -> str:
        self.count += 1
        return f"{kind}-{self.count}"


def _one_of(things: list[T], number: int) -> T | None:
    return things[number % len(things)] if things else None


def _bent(secret: str, number: int) -> list[str]:
    """The secret with one character changed, left out, or its case turned; and none like it."""
    place = number % len(secret)
    other = "A" if secret[place] != "A" else "B"
    return [
        secret[:place] + other + secret[place + 1 :],
        secret[:place] + secret[place + 1 :],
        secret + other,
        secret.swapcase(),
        f"{number:043}",
    ]
