"""The summary as a PDF: tagged, at most two pages, in the words of the page.

Fonts are those that come with typst (Libertinus Serif, under the Open Font License), and no
others are looked for: every machine makes the same paper.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from templates import papers
from templates.changes import told
from templates.pages import Drawing, drawings, telling_of
from templates.plain import MISSING, breakable, one_line, printable
from templates.telling import Telling
from templates.words import Words

STANDARD: Final = "ua-1"
"""PDF/UA-1: tagged, so that it can be read aloud."""
MOST_FLAGS = 4
MOST_CURVES = 4
MOST_QUESTIONS = 6
MOST_SAYINGS = 4
LONGEST = 220
"""Characters of somebody's words; the page has all of them."""

_UP, _DOWN, _LEVEL = "\N{BLACK UP-POINTING TRIANGLE}", "\N{BLACK DOWN-POINTING TRIANGLE}", "="

Item = dict[str, str]


def summary_pdf(
    summary: Any,
    language: str,
    *,
    reader: str,
    names: Mapping[str, str],
    labels: Mapping[str, str],
    shared_until: datetime | None,
) -> bytes:
    """The professional's page on paper, made out to `reader`, who is among the `names`, too.

    A paper is read by others later: nobody on it is "you". The other arguments are those of
    `templates.pages.summary_page`.
    """
    telling = telling_of(summary, language, None, names, labels)
    paper = _printable(_paper(summary, telling, reader, shared_until))
    paper["name"] = paper["name"] or "–"  # a heading without a word is refused
    if MISSING in str(paper):
        paper["unseen"] = telling.words.say("paper.unseen", sign=MISSING)
    paper["curves"] = [_curve(drawn) for drawn in drawings(summary, telling)[:MOST_CURVES]]
    return papers.pdf("summary", paper, standard=STANDARD, made_at=summary.now)


def _paper(
    summary: Any, tell: Telling, reader: str, shared_until: datetime | None
) -> dict[str, Any]:
    words, person = tell.words, summary.person
    say = words.say
    flags = summary.flags[:MOST_FLAGS]
    return {
        "language": words.catalogue.language,
        "title": say("head.title", name=one_line(person.name)),
        "author": say("name"),
        "name": one_line(person.name, 80),
        "shared": say(
            "paper.for", reader=one_line(reader, 60), shared=_shared(shared_until, words)
        ),
        "facts": _facts(summary, tell),
        "source": " ".join(say(f"footer.{each}") for each in ("reported", "unwatched", "device")),
        "footer": say(
            "paper.footer", day=words.whole_day(summary.now), time=words.clock(summary.now)
        ),
        "flags": [_flag(flag, tell) for flag in flags],
        "more-flags": _more_flags(summary.flags[MOST_FLAGS:], words),
        "change": _change(summary, tell),
        "talk": _talk(summary, tell),
        "table": _table(summary, tell),
        "background": _background(summary, tell),
        "unseen": "",
    }


def _shared(until: datetime | None, words: Words) -> str:
    if until is None:
        return words.say("head.shared-open")
    return words.say("head.shared-until", day=words.day(until))


def _facts(summary: Any, tell: Telling) -> list[str]:
    person, say = summary.person, tell.words.say
    born = person.birth_date and say("head.born", day=tell.words.birth_date(person.birth_date))
    state = say(f"head.{person.status}") if person.status in ("stopped", "ended") else ""
    return [fact for fact in (born, tell.pathway(summary), state) if fact]


def _flag(flag: Any, tell: Telling) -> Item:
    say = tell.words.say
    return {
        "day": tell.words.day(flag.at),
        "urgency": tell.urgency(flag).upper(),
        "what": tell.flag(flag),
        "quote": _quoted(flag.text) if tell.is_quotable(flag) else "",
        "came": tell.came_of(flag),
        "open": say("flags.not-noted") if flag.is_open else "",
    }


def _more_flags(left: Sequence[Any], words: Words) -> str:
    counts = Counter("flags.also" if flag.is_open else "flags.more" for flag in left)
    return ", ".join(words.count(key, n) for key, n in counts.items())


def _change(summary: Any, tell: Telling) -> dict[str, Any]:
    change = told(summary, tell)
    notes = [
        tell.corrected(course, was) for course in summary.courses for was in course.corrected[-2:]
    ]
    return {
        "heading": change.heading,
        "verdict": change.verdict,
        "tone": change.tone,
        "lines": [
            {
                "tone": _tone(step),
                "arrow": _arrow(step),
                "measure": tell.measure(course),
                "moved": tell.moved(before, course),
                "step": tell.step(step),
            }
            for course, before, step in change.moves
        ],
        "notes": [each for each in (*change.notes, *notes) if each],
    }


def _tone(change: Any) -> str:
    return "" if change.important is False or change.by == 0 else str(change.direction)


def _arrow(change: Any) -> str:
    if change.by == 0:
        return _LEVEL
    return _UP if change.by > 0 else _DOWN


def _talk(summary: Any, tell: Telling) -> dict[str, Any]:
    say = tell.words.say
    visit = tell.next_visit(summary)
    return {
        "heading": f"{say('talk.heading')} ({visit})" if visit else say("talk.heading"),
        "questions": [_quoted(each.text) for each in summary.questions[:MOST_QUESTIONS]],
        "none": say("talk.none"),
        "lines": [
            _item(
                say("goal.heading"),
                _quoted(summary.goal.text) if summary.goal else say("goal.none"),
            ),
            *([_plan(summary, tell)] if summary.plan else []),
            *(_note(say("notes.heading"), note, tell) for note in summary.notes[:1]),
        ],
    }


def _table(summary: Any, tell: Telling) -> dict[str, Any]:
    words, looked = tell.words, summary.since is not None
    say = words.say
    columns = [
        f"{say('table.measure')} ({say('table.lower')})",
        say("table.start"),
        say("table.best"),
        *([f"{say('table.then')} {words.day(summary.since)}"] if looked else []),
        say("table.newest" if summary.silent else "table.now"),
        say("table.change"),
    ]
    return {
        "columns": columns,
        "rows": [_row(each, tell, looked=looked) for each in summary.courses],
    }


def _row(course: Any, tell: Telling, *, looked: bool) -> list[dict[str, str]]:
    better = tell.words.say("table.higher-is-better") if course.measure.higher_is_better else ""
    points = [course.start, course.best, *([course.then] if looked else []), course.now]
    about = (tell.scale(course), tell.about(course.measure), tell.named(course), better)
    return [
        _cell(tell.measure(course), one_line(" ".join(about), LONGEST)),
        *(_point(course, point, tell) for point in points),
        _since_start(course.since_start, tell),
    ]


def _cell(text: str, aside: str = "", tone: str = "") -> dict[str, str]:
    return {"text": text, "aside": " ".join(aside.split()), "tone": tone}


def _point(course: Any, point: Any, tell: Telling) -> dict[str, str]:
    if point is None:
        return _cell("–")
    return _cell(tell.words.number(point.value), " ".join(tell.point(course, point)))


def _since_start(change: Any, tell: Telling) -> dict[str, str]:
    if change is None:
        return _cell("–")
    return _cell(tell.words.signed(change.by), tell.way(change), _tone(change))


def _background(summary: Any, tell: Telling) -> list[dict[str, Any]]:
    say, day = tell.words.say, tell.words.day
    screen = summary.start_back
    blocks = [
        (
            say("paper.background"),
            [
                *(
                    [_item(say("start-back.heading"), tell.start_back(screen), day(screen.at))]
                    if screen
                    else []
                ),
                *([_own_view(summary.own_view, tell)] if summary.own_view else []),
                *([_item(say("work.heading"), tell.fact(summary.work))] if summary.work else []),
            ],
        ),
        (say("asked.heading"), [_fact(fact, tell) for fact in summary.asked]),
        (
            say("others.heading"),
            [_contact(each, tell) for each in summary.contacts[:MOST_SAYINGS]],
        ),
        (say("notes.heading"), [_note("", each, tell) for each in summary.notes[1:MOST_SAYINGS]]),
        (say("complete.heading"), [_item("", each) for each in tell.completeness(summary)]),
    ]
    return [{"name": name, "items": items} for name, items in blocks if items]


def _own_view(fact: Any, tell: Telling) -> Item:
    heading = tell.words.say("own-view.heading")
    return _item(heading, one_line(tell.fact(fact), LONGEST), tell.words.day(fact.at))


def _fact(fact: Any, tell: Telling) -> Item:
    aside = tell.words.day(fact.at)
    if fact.author == "helper":
        aside = f"{aside}, {tell.words.say('asked.by-helper')}"
    return _item(tell.words.name("asked", fact.item), one_line(tell.fact(fact), LONGEST), aside)


def _plan(summary: Any, tell: Telling) -> Item:
    plan = _said(tell.words.say("plan.heading"), summary.plan, tell)
    if summary.agreed_at is None:
        return plan
    return {**plan, "aside": f"{plan['aside']}, {one_line(tell.visit(summary.agreed_at), 80)}"}


def _said(name: str, said: Any, tell: Telling) -> Item:
    who = tell.says(said.author)
    text = one_line(said.text or said.code or "", LONGEST)
    return _item(name, text, f"{tell.words.day(said.at)}, {who}")


def _note(name: str, note: Any, tell: Telling) -> Item:
    aside = f"{tell.words.day(note.at)}, {tell.who(note.author)}"
    return _item(name, one_line(tell.noted(note), LONGEST), aside)


def _contact(contact: Any, tell: Telling) -> Item:
    aside = f"{tell.words.day(contact.at)}, {tell.told_by(contact)}"
    return _item("", one_line(tell.met(contact), LONGEST), aside)


def _item(name: str, text: str, aside: str = "") -> Item:
    return {"name": name, "text": text, "aside": aside}


def _quoted(text: str | None) -> str:
    return "\u201c{}\u201d".format(one_line(text or "", LONGEST))


def _printable(data: Any) -> Any:
    """The same with every text fit for the fonts and the lines."""
    match data:
        case str():
            return breakable(printable(data))
        case list():
            return [_printable(each) for each in data]
        case dict():
            return {key: _printable(each) for key, each in data.items()}
    return data


def _curve(drawing: Drawing) -> Item:
    key = f" ({', '.join(drawing.key.values())})" if drawing.key else ""
    return {"title": f"{drawing.title}{key}", "svg": drawing.svg, "alt": drawing.description}
