"""The professional's pages, as a professional reads them."""

import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import UndefinedError

from bot.view import Reader
from templates.pages import curve, journal, render, summary_page
from tests.trajectory.lives import JONAS, KAREN, LIVES, OLE, RUTH, YEAR_END
from tests.trajectory.stories import ANNE, BIRGIT, DR_HOLM, LOOKED, NOW, Story, at, birgit
from trajectory.summary import ALREADY_ASKED, Person, Summary, summarise

LABELS = {
    "intake/work-status/retired": "I am retired",
    "neck/arm-pain": "Pain in the arm",
    "neck/work-status/gardening": "I garden",
    "ndi": "Neck disability",
}
READER: dict[str, Any] = {
    "viewer": ANNE,
    "names": {ANNE: "Anne Møller", DR_HOLM: "Dr Holm"},
    "labels": LABELS,
}

TYPED = {"found": "walk < 15 min", "agreed": "", "who": "", "by": ""}


def three_months(since: datetime | None = LOOKED) -> Summary:
    return summarise(birgit(), BIRGIT, NOW, since, check_ins_due=12)


def page(summary: Summary, language: str = "en", **more: Any) -> str:
    given = {"shared_until": at(6, 12), "note_action": "/note", **READER, **more}
    return summary_page(summary, language, **given)


BLOCKS = ("p", "li", "dt", "dd", "th", "td", "h1", "h2", "h3", "div", "figure")


class _Text(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.parts: list[str] = []
        self._quiet = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self._quiet += tag in ("textarea", "title", "desc")
        self.parts.append('"' if tag == "q" else " " if tag in BLOCKS else "")

    def handle_endtag(self, tag: str) -> None:
        self._quiet -= tag in ("textarea", "title", "desc")
        self.parts.append('"' if tag == "q" else "")

    def handle_data(self, data: str) -> None:
        if not self._quiet:
            self.parts.append(data)


def read(html: str) -> str:
    """What is seen on the page, in its order, on one line."""
    parser = _Text()
    parser.feed(html)
    return " ".join("".join(parser.parts).split())


def test_the_first_screen_tells_the_story_in_the_order_of_its_weight() -> None:
    seen = read(page(three_months()))
    parts = [
        "Birgit H. born 14-09-1958 low back pain, week 12 shared with you until 12 Jun",
        "Patient-reported. Nobody monitors this. Not CE-marked",
        '22 Mar Same-day flag weakness in one leg "my right leg gives way since today" new '
        "Told to ring a doctor the same day. 23 Mar: patient says a doctor has looked. "
        "No clinician’s note yet. Add note",
        "Since you looked (17 Feb) Worse",
        "ODI 36 → 50 (+14 worse, important, beyond measurement error)",
        "Pain 4 → 7 (+3 worse, important)",
        "Limited days 2 → 5 of 7 (+3 worse)",
        "Since the start (5 Jan): no important change, ODI 44 → 50 (+6).",
        "Wants to talk about visit today 10:00",
        '"May I cycle?"',
        '"Can I halve the tablets? Stomach."',
        'Goal "Walk to the allotment, 30 min"',
        "Agreed walk 15 min x 2 17 Feb, you",
        "ODI 0–100 disability 44 5 Jan severe 36 17 Feb moderate 36 17 Feb moderate "
        "50 30 Mar severe +6 not important",
        "Pain 0–10 7 12 Jan 3 23 Feb 4 16 Feb 7 30 Mar 0 unchanged",
        "STarT Back medium, 5/9, psychosocial 2/5 4 Jan",
        "Work retired",
        "Onset November, after lifting a box",
        "Earlier episodes several",
        "Tried physio, ibuprofen",
        "Imaging none",
        "referral to rheumatology 25 Mar, Dr Holm",
        "Check-ins 11/12",
        "ODI 10/10 (30 Mar)",
        "Demonstration wording",
    ]
    places = [seen.find(part) for part in parts]
    missing = [part for part, place in zip(parts, places, strict=True) if place < 0]
    assert not missing
    assert places == sorted(places)


def test_what_we_have_no_words_for_is_told_in_those_of_its_definition() -> None:
    story = Story()
    story.intake(at(1, 6), "work-status", "A", code="gardening", flow="neck")
    story.write("red-flag", at(1, 6), flow="neck", item="arm-pain", code="soon", text="Y")
    story.write("red-flag", at(1, 6), flow="neck", item="cold-hand", code="soon", text="Y")
    seen = read(page(summarise(story.entries, BIRGIT, NOW, None)))
    assert "Work I garden" in seen
    assert "Pain in the arm" in seen
    assert "cold hand" in seen


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("seen", "patient says a doctor has looked. No clinician’s note yet."),
        ("not-yet", "patient says no doctor has looked yet. No clinician’s note yet."),
        ("mistake", "Taken back by the patient as a mistake."),
    ],
)
def test_what_the_patient_answered_to_the_follow_up(code: str, said: str) -> None:
    story = Story()
    story.flag(at(3, 22), "leg-weakness", "same-day")
    story.write("flag-follow-up", at(3, 23), code=code, text="A")
    assert said in read(page(summarise(story.entries, BIRGIT, NOW, None)))


def test_danish_professionals_read_danish() -> None:
    seen = read(page(three_months(), "da"))
    assert "født 14-09-1958 lændesmerter, uge 12 delt med dig til 12. jun." in seen
    assert "Siden du så på det (17. feb.) Værre" in seen
    assert "Endnu intet notat fra en behandler." in seen


def test_a_very_severe_oswestry_is_danish_on_a_danish_page() -> None:
    story = Story()
    story.odi(at(1, 5), 72)
    html = page(summarise(story.entries, BIRGIT, NOW, None), "da")
    assert "meget svær" in read(html)
    assert "very severe" not in html


def test_private_notes_of_the_patient_are_nowhere_on_it() -> None:
    assert "do not like the exercises" not in page(three_months())


def test_a_corrected_score_shows_what_was_seen_and_what_counts() -> None:
    story = Story()
    odi = story.odi(at(2, 16), 40)
    story.correct(odi, at(3, 9), 36, late=True)
    seen = read(page(summarise(story.entries, BIRGIT, NOW, LOOKED)))
    assert "ODI of 16 Feb is now 36; it was 40 when you looked" in seen
    assert "corrected late, was 40" in seen


def test_an_instrument_that_could_not_be_scored_is_said_to_be_so() -> None:
    story = Story()
    story.odi(at(1, 5), 44)
    story.odi(at(2, 17), None)
    seen = read(page(summarise(story.entries, BIRGIT, NOW, None)))
    assert "ODI 6/10 (17 Feb) not scored, too few answers" in seen


def test_a_look_after_which_nothing_came_says_so() -> None:
    assert "No new answers." in read(page(three_months(since=NOW)))


def test_nothing_answered_yet_is_no_reason_to_fail() -> None:
    seen = read(page(summarise([], BIRGIT, NOW, None), shared_until=None))
    assert "No answers yet." in seen
    assert "shared with you until the patient stops it" in seen


def test_words_of_the_patient_cannot_become_markup() -> None:
    story = Story()
    attack = '<script>alert("x")</script></textarea>'
    for kind in ("goal", "plan", "question", "contact"):
        story.write(kind, at(1, 6), text=attack)
    story.flag(at(1, 7), "leg-weakness", "same-day", attack)
    html = page(summarise(story.entries, BIRGIT, NOW, None), note=dict.fromkeys(TYPED, attack))
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;") >= 6


@pytest.mark.parametrize("language", ["en", "da"])
def test_nothing_on_it_needs_an_exception_from_the_content_security_policy(language: str) -> None:
    html = page(three_months(), language)
    assert " style=" not in html
    assert "<style" not in html
    assert not re.search(r"\son\w+=", html)
    assert re.findall(r"<script[^>]*>", html) == ['<script src="/static/professional.js" defer>']


def test_the_note_form_says_who_reads_it_and_keeps_what_was_written() -> None:
    html = page(three_months(), note_error="too-long", note_limit=500, note=TYPED)
    assert "Add note: the patient reads it at once" in html
    assert "Too long: at most 500 characters in each field." in html
    assert ">walk &lt; 15 min</textarea>" in html


def test_who_may_not_write_gets_no_form() -> None:
    assert "<form" not in page(three_months(), note_action=None)


def test_the_journal_text_holds_the_same_in_at_most_fifteen_lines() -> None:
    text = journal(three_months(), "en", **READER)
    lines = text.splitlines()
    assert len(lines) <= 15
    assert lines[0] == "Birgit H., born 14-09-1958, low back pain, week 12"
    assert lines[2].startswith("Warning signs: 22 Mar same-day flag, weakness in one leg")
    assert lines[3].startswith("Worse since 17 Feb: ODI 36 -> 50 (important, beyond measurement")
    assert lines[-1].startswith("Check-ins 11/12")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "weakness in one leg, told by a helper"),
        ("da", "svaghed i det ene ben, fortalt af en hjælper"),
    ],
)
def test_a_sign_that_a_helper_told_of_says_so_on_the_page_and_in_the_journal(
    language: str, said: str
) -> None:
    story = Story()
    story.flag(at(3, 22), "leg-weakness", "same-day", author="helper")
    summary = summarise(story.entries, BIRGIT, NOW, None)

    assert said in read(page(summary, language=language))
    assert said in journal(summary, language, **READER)


WORDS = st.text(max_size=300)


@settings(max_examples=60, deadline=None)
@given(st.lists(WORDS, min_size=6, max_size=6), st.integers(0, 12), st.sampled_from(["en", "da"]))
def test_the_journal_text_stays_short_whatever_is_written(
    texts: list[str], often: int, language: str
) -> None:
    name, question, note, told, code, professional = texts
    story = Story()
    story.entries = birgit()
    story.check_in(at(3, 30), 7, 6, 5, sick=3)
    for flow in ("rmdq", "psfs", "phq-4"):
        story.write("score", at(3, 30), flow=flow, value=4, detail={"answered": 4, "of": 4})
    for number in range(often):
        story.flag(at(3, 1 + number), "leg-weakness", "same-day", question)
        story.write("question", at(3, 30), text=question)
        story.write("note", at(3, 30), text=note, author=ANNE)
        story.write("contact", at(3, 30), text=told, author=DR_HOLM, code=code or None)
    for item in ALREADY_ASKED:
        story.intake(at(3, 30), item, told)
    story.intake(at(3, 30), "work-status", told)
    for kind in ("goal", "plan"):
        story.write(kind, at(3, 30), text=told, author=ANNE)
    titles = {"en": name, "da": told}
    person = Person(name, titles, at(1, 4), "Europe/Copenhagen", "da", BIRGIT.measures)
    names = {ANNE: professional, DR_HOLM: note}
    summary = summarise(story.entries, person, NOW, LOOKED)
    text = journal(summary, language, viewer=None, names=names, labels={})
    assert len(text.splitlines()) <= 15
    assert max(map(len, text.splitlines())) <= 1000


@pytest.mark.parametrize("name", LIVES)
def test_the_journal_text_of_everybody_is_at_most_fifteen_lines(name: str) -> None:
    person = {each.name: each for each in (JONAS, RUTH, OLE, BIRGIT, KAREN)}[name]
    text = journal(summarise(LIVES[name](), person, YEAR_END, LOOKED, 52), "en", **READER)
    assert 8 <= len(text.splitlines()) <= 15


def test_old_journal_systems_can_take_the_text() -> None:
    journal(three_months(), "da", **READER).encode("latin-1")


@pytest.mark.parametrize("measure", BIRGIT.measures.curves)
def test_curves_are_well_formed_and_describe_themselves(measure: str) -> None:
    svg = curve(three_months(), measure, "en")
    assert svg is not None
    root = ElementTree.fromstring(svg)
    title, desc = root[0], root[1]
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == f"{title.get('id')} {desc.get('id')}"
    assert title.text
    assert desc.text


def test_the_curve_of_pain_is_told_to_those_who_do_not_see_it() -> None:
    svg = curve(three_months(), "pain", "en")
    assert svg is not None
    assert "11 values from 12 Jan to 30 Mar. First 7, best 3, now 7. 1 warning sign marked." in svg


def test_there_is_no_curve_without_a_value() -> None:
    assert curve(summarise([], BIRGIT, NOW, None), "odi", "en") is None


def test_the_link_page_asks_for_nothing_before_a_code_is_wanted() -> None:
    html = render("access.html", "en", step="send", send_action="/send", open_action="/open")
    assert "Send me a code" in html
    assert 'action="/send"' in html
    assert "<input" not in html


@pytest.mark.parametrize(
    ("error", "said"),
    [
        ("wrong", "Code or words are not right. Check both."),
        ("spent", "No code works right now. Have a new one sent."),
        ("too-many", "Five codes have been sent. Use the newest one"),
    ],
)
def test_what_did_not_open_says_why_and_how_to_go_on(error: str, said: str) -> None:
    html = render("access.html", "en", step="open", send_action="/s", open_action="/o", error=error)
    assert said in read(html)
    assert "Send a new code" in html


@pytest.mark.parametrize("error", ["wrong", "spent", "too-many"])
@pytest.mark.parametrize("language", ["en", "da"])
def test_every_problem_has_words(error: str, language: str) -> None:
    html = render(
        "access.html", language, step="send", send_action="/s", open_action="/o", error=error
    )
    assert 'role="alert"' in html


def test_a_dead_link_tells_nothing_about_anybody() -> None:
    seen = read(render("ended.html", "en"))
    assert "This link no longer opens anything" in seen
    assert "Birgit" not in seen


def test_a_template_that_lacks_something_fails_instead_of_showing_a_hole() -> None:
    with pytest.raises(UndefinedError):
        render("access.html", "en", send_action="/s", open_action="/o")


def test_a_language_without_words_is_the_callers_mistake() -> None:
    with pytest.raises(KeyError):
        render("ended.html", "xx")


@pytest.mark.parametrize(
    ("life", "said"),
    [
        (JONAS, "Since you looked (17 Feb) Better ODI 28 → 14 (−14 better, important, beyond"),
        (RUTH, "Since you looked (17 Feb) Worse ODI 34 → 56 (+22 worse, important, beyond"),
        (OLE, "Silent since 2 Feb, 8 weeks: how it is now is not known. Until then: no important "
              "change since the start (5 Jan)."),
    ],
)  # fmt: skip
def test_better_worse_and_unknown_are_told_apart_at_once(life: Person, said: str) -> None:
    assert said in read(page(summarise(LIVES[life.name](), life, NOW, LOOKED, 12)))


def test_the_word_since_the_start_stands_beside_what_it_comes_from() -> None:
    story = Story()
    for when, odi, rmdq in ((at(1, 5), 44, 14), (at(3, 30), 50, 8)):
        story.odi(when, odi)
        detail = {"answered": 24, "of": 24}
        story.write("score", when, flow="rmdq", value=rmdq, detail=detail)
    seen = read(page(summarise(story.entries, BIRGIT, NOW, LOOKED)))
    assert "Since the start (5 Jan): better, RMDQ 14 → 8 (−6)." in seen


def test_more_than_three_open_signs_leave_room_for_the_rest() -> None:
    story = Story()
    for day in range(20, 25):
        story.flag(at(3, day), "leg-weakness", "same-day")
    html = page(summarise(story.entries, BIRGIT, NOW, None))
    assert "2 more signs without a clinician’s note" in read(html)
    assert html.index("2 more signs") < html.index('id="change-heading"')


def test_who_else_may_read_it_is_said_with_until_when() -> None:
    readers = (
        Reader("Anne Møller", "physiotherapist", at(6, 12), ANNE),
        Reader("Dr Holm", "gp", None, DR_HOLM),
    )
    seen = read(page(three_months(), readers=readers))
    assert "Anne Møller (you), physiotherapist until 12 Jun" in seen
    assert "Dr Holm, doctor until the patient stops it" in seen


def test_old_values_of_a_silent_patient_are_no_verdict() -> None:
    later = summarise(birgit(), BIRGIT, NOW + timedelta(weeks=5), LOOKED, check_ins_due=12)
    seen = read(page(later))
    assert "Silent since 30 Mar, 5 weeks: how it is now is not known." in seen
    assert "Newest" in seen
    assert "verdict" not in page(later)
    assert "Silent since" in page(later)[page(later).index("<textarea") :], "the journal says so"


def test_a_note_can_name_the_warning_sign_that_it_is_about() -> None:
    summary = three_months()
    (open_flag,) = [flag for flag in summary.flags if flag.is_open]
    html = page(summary, note_flags=[open_flag.id])
    assert f'name="flags" value="{open_flag.id}" checked' in html


def test_what_only_some_instruments_have_stands_in_page_and_journal() -> None:
    story = Story()
    session = story.session()
    named = {"flow": "psfs", "item": "activity-1", "session_id": session}
    story.write("answer", at(1, 12), text="lift the boy", **named)
    story.write("score", at(1, 12), flow="psfs", value=3, session_id=session, detail={})
    detail = {"subscale": {"anxiety": 4, "depression": None}, "positive": ["anxiety"]}
    story.write("score", at(1, 12), flow="phq-4", value=5, detail=detail)
    missing = {"answered": 23, "of": 24, "reason": "too-few-answers", "share": 43.48}
    story.write("score", at(1, 12), flow="rmdq", value=None, detail=missing)
    story.write("answer", at(1, 12), flow="change", item="change", value=1, code="a-little-better")
    summary = summarise(story.entries, BIRGIT, NOW, None)
    reader = {**READER, "labels": {"change/change/a-little-better": "A little better"}}

    seen, text = read(page(summary, **reader)), journal(summary, "en", **reader)

    for told in (seen, text):
        assert '"lift the boy"' in told
        assert "anxiety 4 positive, depression –".replace("–", "-" if told is text else "–") in told
        assert "RMDQ 23/24 (12 Jan)" in told
        assert "proportionally 43.5 of 100" in told
        assert "Own view since the start" in told
        assert "A little better" in told


@pytest.mark.parametrize(
    ("language", "visit", "says"),
    [("en", "at the visit 30 Mar with Anne", "patient says"), ("da", "ved besøget", "siger")],
)
def test_what_the_patient_tells_of_others_is_marked_as_such(
    language: str, visit: str, says: str
) -> None:
    story = Story()
    met = story.write("visit", at(3, 30, 10), text="Anne")
    story.write("plan", at(3, 31, 9), text="half a tablet", detail={"visit": met.id})
    story.write("referral", at(3, 31, 11), text="my GP sent me to a rheumatologist")
    summary = summarise(story.entries, BIRGIT, NOW, None)

    shown = read(page(summary, language))
    for text in (shown, journal(summary, language, **READER)):
        assert "half a tablet" in text
        assert visit in text
        assert says in text
        assert "my GP sent me to a rheumatologist" in text
