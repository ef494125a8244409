"""Before a visit and after it one question each: once, in its hour, and moved or gone with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from bot.conversation.visits import About, Visit, next_moment, wanted
from bot.schedule import at_local
from bot.segments import segments
from templates.catalogue import load_catalogues
from tests.backtrace.replay.playing import Line, Script, as_file, entries, output, texts

ZONES = ("Europe/Copenhagen", "America/New_York", "Asia/Kathmandu", "Pacific/Apia")
CLOCK_CHANGES = (date(2026, 3, 22), date(2026, 10, 18), date(2026, 6, 1))
HORIZON = 90
"""Days that are played."""
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
FORGOTTEN, NOON = timedelta(days=7), time(12)
TALK, AGREED = "What would you most like to talk about?", "What did you agree?"


@given(
    st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: FIRST + minutes * MINUTE),
    st.sampled_from(ZONES),
    st.times(time(8), time(20, 59)),
    st.integers(0, 24 * 20),
    st.booleans(),
)
def test_each_is_asked_at_the_chosen_hour_of_the_day_before_or_after(
    at: datetime, zone_name: str, hour: time, hours_before: int, talked: bool
) -> None:
    zone, now = ZoneInfo(zone_name), at - timedelta(hours=hours_before)
    visit, asked = Visit(1, at, "Anne", talked=talked), []
    while (moment := next_moment(visit, now, zone, hour)) is not None:
        assert moment > now
        day = moment.astimezone(zone).date() - at.astimezone(zone).date()
        assert moment == at_local(moment.astimezone(zone).date(), hour, zone)
        about = wanted(visit, moment, zone, hour)
        assert day == (-DAY if about is About.TALK else DAY)
        asked.append(about)
        now, visit = moment, Visit(1, at, "Anne", talked=True)

    assert asked in ([About.AGREED], [About.TALK, About.AGREED])
    assert not (talked and About.TALK in asked)


@dataclass
class Planned:
    """A visit as the patient knows it."""

    at: datetime
    talked: bool = False
    agreed: bool = False


@dataclass(frozen=True)
class Deed:
    """What the patient does at noon, so many days after what they did before."""

    does: str
    days: int
    ahead: int = 1


def sensible(deeds: list[Deed]) -> list[Deed]:
    """Without a START where nothing was stopped, which only puts the last question again."""
    kept: list[Deed] = []
    for deed in deeds:
        stopped = next((d.does for d in reversed(kept) if d.does in ("stop", "start")), "start")
        if deed.does != "start" or stopped == "stop":
            kept.append(deed)
    return kept


DEEDS = st.lists(
    st.one_of(
        st.builds(Deed, st.just("note"), st.integers(8, 10), st.integers(1, 3)),
        st.builds(Deed, st.sampled_from(["cancel", "stop", "start"]), st.integers(1, 5)),
    ),
    max_size=6,
).map(sensible)


def expected(start: date, deeds: list[Deed]) -> list[tuple[datetime, str]]:
    """When each question should come, by the rules alone."""
    asked: list[tuple[datetime, str]] = []
    visits: list[Planned] = []
    active, day, waiting = True, datetime.combine(start, NOON), list(deeds)
    due = day + DAY * waiting[0].days if waiting else day
    for _ in range(HORIZON):
        if waiting and day == due:
            deed = waiting.pop(0)
            due = day + DAY * waiting[0].days if waiting else day
            active = _do(deed, day, visits, active=active)
            if active:
                asked += _ask(visits, day)
        evening = day.replace(hour=18)
        asked += _ask(visits, evening) if active else []
        day += DAY
    return asked


def _do(deed: Deed, now: datetime, visits: list[Planned], *, active: bool) -> bool:
    if deed.does in ("stop", "start"):
        return deed.does == "start"
    if active:
        visits[:] = [each for each in visits if each.at <= now]
    if active and deed.does == "note":
        visits.append(Planned((now + DAY * deed.ahead).replace(hour=14)))
    return active


def _ask(visits: list[Planned], now: datetime) -> list[tuple[datetime, str]]:
    for visit in sorted(visits, key=lambda each: each.at):
        before, after = ((visit.at + DAY * by).replace(hour=18) for by in (-1, 1))
        if now < visit.at:
            if before <= now and not visit.talked:
                visit.talked = True
                return [(now, TALK)]
        elif after <= now < visit.at + FORGOTTEN and not visit.agreed:
            visit.agreed = True
            return [(now, AGREED)]
    return []


def played(number: int, zone: str, start: date, deeds: list[Deed]) -> Script:
    """The same as a transcript; by the patient's clock."""
    local = datetime.combine(start, NOON, tzinfo=ZoneInfo(zone))
    script = Script(now=local - DAY).enrol(f"p{number}", timezone=zone)
    day = local
    for deed in deeds:
        day += DAY * deed.days
        script.now = day
        visit = day + DAY * deed.ahead
        words = {
            "note": f"my next visit is {visit.day} {visit:%B} at 14:00 with Anne",
            "cancel": "my visit is cancelled",
        }
        script.say(words.get(deed.does, deed.does), patient=f"p{number}")
    script.now = local + DAY * HORIZON
    return script.step()


def asked_of(number: int, lines: list[Line]) -> list[tuple[datetime, str]]:
    found = []
    for line in lines:
        if line.get("to") == f"p{number}":
            at = datetime.fromisoformat(line["at"]).replace(tzinfo=None)
            found += [(at, each) for each in (TALK, AGREED) if each in line["text"]]
    return found


@settings(max_examples=3, phases=(Phase.explicit, Phase.generate))
@given(
    st.lists(
        st.tuples(st.sampled_from(ZONES), st.sampled_from(CLOCK_CHANGES), DEEDS),
        min_size=40,
        max_size=40,
    )
)
def test_visits_that_move_and_fall_out_are_asked_about_in_their_time_and_once(
    everybody: list[tuple[str, date, list[Deed]]],
) -> None:
    scripts = [played(number, *each) for number, each in enumerate(everybody)]
    steps = [step for script in scripts for step in script.steps]
    ordered = sorted(steps, key=lambda step: datetime.fromisoformat(step["at"]))

    lines = output(as_file(ordered))

    for number, (zone, start, deeds) in enumerate(everybody):
        assert asked_of(number, lines) == expected(start, deeds), (zone, deeds)


def questions(lines: list[Line]) -> list[str]:
    """When each question came, in UTC."""
    told = [line for line in lines if TALK in line["text"] or AGREED in line["text"]]
    return [f"{datetime.fromisoformat(line['at']).astimezone(UTC):%d %H:%M}" for line in told]


def test_another_clock_moves_the_questions_and_asks_none_twice() -> None:
    script = Script().enrol().say("my next visit is Friday 9 January at 20 with Anne")
    before = script.until("12:00", days=2).say("I am in New York", "yes").until("23:59", days=4)
    sent = [line for line in before.play() if line.get("to") == "p1"]
    assert questions(sent) == ["08 23:00", "10 23:00"]

    script = Script().enrol().say("my next visit is Friday 9 January at 20 with Anne")
    after = script.until("20:00", days=3).say("I am in New York", "yes").until("23:59", days=4)
    sent = [line for line in after.play() if line.get("to") == "p1"]
    assert questions(sent) == ["08 17:00", "10 23:00"]


def test_another_hour_moves_the_question() -> None:
    script = Script().enrol().say("my next visit is Friday at 10", "ask me at 9").until("23:00", 4)
    assert [line["at"][11:16] for line in script.play() if TALK in line.get("text", "")] == [
        "09:00"
    ]


def test_the_limits_of_a_day_hold_and_the_question_follows_what_came_first() -> None:
    script = Script().enrol(pathway="low-back-pain").say("no", *["disagree"] * 8, "not at all")
    script.say("my next visit is Wednesday at 10", "ask me at 18").until("18:05", days=1)
    told = [line["text"] for line in script.play() if line.get("to") == "p1"]
    assert sum(TALK in text for text in told) == 1
    assert TALK in told[-1], "the visit comes first, and the questionnaire after it"

    answered = script.say("nothing special")
    assert "1/10" in texts(answered.play())[-1]


def test_a_pause_holds_the_question_and_an_emergency_comes_before_it() -> None:
    paused = Script().enrol().say("my next visit is Friday at 10", "pause until 20 January")
    assert not [text for text in texts(paused.wait(days=9).play()) if TALK in text]

    danger = Script().enrol().say("my next visit is Wednesday at 10").until("17:00", days=1)
    danger.say("I cannot feel when I pee").until("23:00")
    assert not [text for text in texts(danger.play()) if TALK in text]


def test_what_was_agreed_stands_in_the_plan_with_whom_and_when() -> None:
    script = Script().enrol().say("my next visit is Wednesday at 10 with Anne").until("18:05", 1)
    script.say("the tablets").until("18:05", days=2)
    script.say("half a tablet", "my plan")

    assert [entry["raw"] for entry in entries(script.play(), "plan")] == ["half a tablet"]
    assert texts(script.play())[-1] == "You, of your visit on 7 January with Anne: half a tablet"


@pytest.mark.parametrize(
    "said",
    ["b", "we did not meet", "I was ill", "she was ill, sorry", "my appointment was cancelled"],
)
def test_a_visit_that_did_not_take_place_is_taken_out(said: str) -> None:
    script = Script().enrol().say("my next visit is Wednesday at 10").until("18:05", 1)
    script.say("the tablets").until("18:05", days=2).say(said, "my questions")

    assert [entry["code"] for entry in entries(script.play(), "visit")[1:]] == ["cancelled"]
    assert "1. the tablets" in texts(script.play())[-1]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "not really"), ("en", "I don't know"), ("en", "nothing much"),
        ("en", "same as last time"), ("da", "ikke noget"), ("da", "det ved jeg ikke"),
    ],
)  # fmt: skip
def test_who_has_nothing_to_say_gets_no_line_of_it(language: str, said: str) -> None:
    noted = {"en": "my next visit is Wednesday at 10", "da": "mit næste besøg er onsdag kl. 10"}
    script = Script().enrol(language=language).say(noted[language]).until("18:05", 1).say(said)
    script.until("18:05", days=2).say(said)

    assert not {"question", "plan"} & {each["kind"] for each in entries(script.play())}


def test_who_only_wonders_what_was_asked_is_asked_again() -> None:
    script = Script().enrol().say("my next visit is Wednesday at 10").until("18:05", 1).say("what?")

    asked = texts(script.play())[-2:]

    assert entries(script.play(), "question") == []
    assert asked[0] == asked[1]


@pytest.mark.parametrize(
    "said", ["a new pillow", "A walk in the woods, can I?", "No more tablets?", "nothing helps me"]
)
def test_what_only_begins_like_a_choice_is_kept(said: str) -> None:
    script = Script().enrol().say("my next visit is Wednesday at 10").until("18:05", 1).say(said)

    assert [entry["raw"] for entry in entries(script.play(), "question")] == [said]


@pytest.mark.parametrize("language", ["en", "da"])
def test_each_question_is_one_text_message(language: str) -> None:
    say = load_catalogues("messages")[language].say
    who = "Marie-Louise Chri..."
    day = say("visit.day", weekday=say("weekday.2"), day="30. september")
    when = {"talk": say("visit.at-tomorrow", clock="10:30"), "agreed": day}
    asked: dict[str, tuple[Sequence[str], Sequence[str]]] = {
        "talk": (("ask", "ask-with", "ask-seen-by"), ("nothing",)),
        "agreed": (("ask", "ask-with"), ("nothing", "not-met")),
    }
    for part, (keys, options) in asked.items():
        labels = [f"A: {say(f'visit.{part}.{option}')}" for option in options]
        for key in keys:
            text = say(f"visit.{part}.{key}", when=when[part], who=who)
            assert segments("\n".join([text, *labels])) == 1, text
