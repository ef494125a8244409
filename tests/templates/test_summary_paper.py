"""The summary as a PDF: what somebody reads on paper, and what a screen reader is told."""

import sys
from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from templates.plain import MISSING, printable
from templates.summary_paper import STANDARD, summary_pdf
from tests.house.pdf import Pdf
from tests.trajectory.lives import JONAS, KAREN, LIVES, OLE, RUTH, YEAR_END, named
from tests.trajectory.stories import ANNE, BIRGIT, DR_HOLM, LOOKED, NOW, Story, at, birgit
from trajectory.summary import Person, Summary, summarise

NAMES = {ANNE: "Anne Møller", DR_HOLM: "Dr Holm"}


def written(summary: Summary, language: str = "en", reader: str = "Anne Møller") -> bytes:
    return summary_pdf(
        summary, language, reader=reader, names=NAMES, labels={}, shared_until=at(6, 12)
    )


def paper(summary: Summary, language: str = "en", reader: str = "Anne Møller") -> Pdf:
    return Pdf(written(summary, language, reader))


def of(person: Person, now: datetime = NOW, since: datetime | None = LOOKED) -> Summary:
    return summarise(LIVES[person.name](), person, now, since, 12)


def told(story: Story) -> Pdf:
    return paper(summarise(story.entries, BIRGIT, NOW, None))


def test_a_sign_that_a_helper_told_of_says_so() -> None:
    story = Story()
    story.flag(at(3, 22), "leg-weakness", "same-day", author="helper")
    assert "22 Mar SAME-DAY FLAG weakness in one leg, told by a helper" in told(story).text


def test_it_tells_what_the_page_tells_in_its_order() -> None:
    text = paper(of(BIRGIT)).text
    parts = [
        "Birgit H. For Anne Møller; shared with you until 12 Jun",
        "born 14-09-1958 low back pain, week 12",
        "Patient-reported. Nobody monitors this. Not CE-marked",
        "22 Mar SAME-DAY FLAG weakness in one leg “my right leg gives way since today” "
        "Told to ring a doctor the same day. 23 Mar: patient says a doctor has looked. "
        "No clinician’s note yet.",
        "Since you looked (17 Feb) Worse",
        "ODI 36 → 50 (+14 worse, important, beyond measurement error)",
        "Since the start (5 Jan): no important change, ODI 44 → 50 (+6).",
        "Wants to talk about (visit today 10:00)",
        "“May I cycle?”",
        "Goal “Walk to the allotment, 30 min”",
        "Agreed walk 15 min x 2 17 Feb, Anne Møller",
        "ODI 0–100 disability 44 5 Jan severe 36 17 Feb moderate 36 17 Feb moderate "
        "50 30 Mar severe +6 not important",
        "STarT Back medium, 5/9, psychosocial 2/5 4 Jan",
        "Onset November, after lifting a box",
        "referral to rheumatology 25 Mar, Dr Holm",
        "Check-ins 11/12, last 30 Mar",
        "Demonstration wording",
        "31 Mar 2026, 09:30. As the patient reported it until then.",
    ]
    places = [text.find(part) for part in parts]
    assert -1 not in places, [part for part, at in zip(parts, places, strict=True) if at < 0]
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("person", "said"),
    [
        (JONAS, "Since you looked (17 Feb) Better"),
        (RUTH, "Since you looked (17 Feb) Worse"),
        (OLE, "Silent since 2 Feb, 8 weeks: how it is now is not known."),
    ],
)
def test_better_worse_and_unknown_are_told_apart(person: Person, said: str) -> None:
    assert said in paper(of(person)).text


def test_danish_letters_and_words_are_right() -> None:
    pdf = paper(of(BIRGIT), "da")
    for part in ("født 14-09-1958", "Værre", "ud over måleusikkerheden", "Mål", "bedste 36"):
        assert part in pdf.text + " ".join(pdf.alternatives)
    assert MISSING not in pdf.text


@pytest.mark.parametrize(("language", "title"), [("en", "summary"), ("da", "overblik")])
def test_it_can_be_read_aloud(language: str, title: str) -> None:
    pdf = paper(of(BIRGIT), language)
    assert pdf.is_tagged
    assert pdf.language == language
    assert f">Birgit H.: {title}<" in pdf.metadata
    assert "<pdfuaid:part>1</pdfuaid:part>" in pdf.metadata, STANDARD
    assert (pdf.tags("H1"), pdf.tags("TH"), pdf.tags("Figure")) == (1, 6, 3)
    assert len(pdf.alternatives) == 3


@pytest.mark.parametrize("language", ["en", "da"])
def test_a_year_with_52_check_ins_and_ten_scores_fits_on_two_pages(language: str) -> None:
    summary = summarise(LIVES[KAREN.name](), KAREN, YEAR_END, at(11, 10, 16), 52)
    assert len(summary.course("odi").points) == 10  # type: ignore[union-attr]
    assert paper(summary, language).pages <= 2


def test_it_holds_the_same_bytes_on_every_machine() -> None:
    assert written(of(BIRGIT)) == written(of(BIRGIT))


def test_it_is_made_at_any_moment_of_a_second() -> None:
    moment = NOW.replace(microsecond=123_456)
    assert paper(summarise(birgit(), BIRGIT, moment, LOOKED.replace(microsecond=1))).pages == 1


def test_without_any_answer_there_is_still_a_paper() -> None:
    text = told(Story()).text
    assert "No answers yet." in text


def test_private_notes_of_the_patient_are_not_on_it() -> None:
    assert "do not like" not in paper(of(BIRGIT)).text


def test_nobody_on_it_is_you_whoever_wrote() -> None:
    assert ", you" not in paper(of(BIRGIT)).text.replace("shared with you", "")


def test_signs_that_have_no_room_are_counted_open_ones_by_themselves() -> None:
    story = Story()
    for day in range(1, 8):
        story.flag(at(3, day), "leg-weakness", "same-day")
    noted = story.flag(at(3, 9), "fever-unwell", "same-day")
    story.write("note", at(3, 10), text="seen", author=ANNE, detail={"flags": [noted.id]})
    text = told(story).text
    assert text.count("No clinician’s note yet.") == 4
    assert "3 more signs without a clinician’s note, 1 earlier warning sign" in text


HOSTILE = [
    '#read("/etc/passwd")',
    "#panic() *bold* _it_ $x^2$ `raw` = heading @ref <label>",
    r"\ \u{1F600} // no /* comment */ \#let",
    "]] }} ) } ] #{",
    '"; #import "x.typ"; "',
    "{{ 7 * 7 }} <script>alert(1)</script> & &amp;",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_anybody_wrote_is_shown_and_never_run(text: str) -> None:
    story = Story()
    for kind in ("goal", "plan", "question", "contact"):
        story.write(kind, at(1, 6), text=text)
    story.write("note", at(1, 6), text=text, author=ANNE)
    story.intake(at(1, 6), "onset", text)
    story.flag(at(1, 7), "leg-weakness", "same-day", f"{text} !")
    somebody = named(text, at(1, 4))
    shown = paper(summarise(story.entries, somebody, NOW, None), reader=text).text
    # Without spaces: a line may end anywhere in a long word.
    assert shown.replace(" ", "").count(text.replace(" ", "")) >= 7, shown


def test_a_word_without_end_stays_on_the_paper() -> None:
    story = Story()
    for kind in ("goal", "question", "contact"):
        story.write(kind, at(1, 6), text="w" * 500)
    pdf = told(story)
    assert pdf.pages == 1
    # 500 characters are cut to 217 and three dots, whatever the lines make of them
    assert pdf.text.count("w") >= 3 * 217


def test_signs_that_no_font_has_are_owned_up_to() -> None:
    story = Story()
    story.write("goal", at(1, 6), text="walk 🏃‍♀️ with سارة")
    text = told(story).text
    assert f"walk {MISSING}{MISSING} with {MISSING * 4}" in text
    assert f"{MISSING} stands for signs that this paper cannot show" in text
    assert "stands for signs" not in paper(of(BIRGIT)).text


def test_everything_that_is_called_printable_has_a_glyph() -> None:
    """PDF/UA refuses a text with a sign that no font has, so this fails where one lacks."""
    everything = (chr(number) for number in range(0x20, sys.maxunicode))
    drawn = "".join(each for each in everything if printable(each) == each and each != MISSING)
    assert len(drawn) > 1500
    for first in range(0, len(drawn), 200):
        story = Story()
        story.write("goal", at(1, 6), text=drawn[first : first + 200])
        assert told(story).pages == 1


@settings(max_examples=40, deadline=timedelta(seconds=60))
@given(st.lists(st.text(max_size=400), min_size=6, max_size=6), st.integers(0, 12))
def test_whatever_is_written_there_is_a_paper_of_two_pages_at_most(
    texts: list[str], often: int
) -> None:
    story = Story()
    story.entries = birgit()
    name, reader, goal, plan, question, note = texts
    for number in range(often):
        story.flag(at(3, 1 + number), "leg-weakness", "same-day", question)
        story.write("question", at(3, 30), text=question)
        story.write("note", at(3, 30), text=note, author=ANNE)
        story.write("contact", at(3, 30), text=note, author=DR_HOLM)
    story.write("goal", at(3, 30), text=goal)
    story.write("plan", at(3, 30), text=plan)
    summary = summarise(story.entries, named(name, at(1, 4)), NOW, LOOKED)
    assert paper(summary, "da", reader).pages <= 2


def test_a_note_in_fields_and_a_letter_are_told_as_what_they_are() -> None:
    story = Story()
    for field, words in (("found", "Stiff hips."), ("agreed", "Walk 10 min.")):
        story.write("note", at(3, 20), text=words, item=field, detail={"note": "one"}, author=ANNE)
    story.write("contact", at(3, 1), text="No fracture.", code="imaging", author=ANNE)
    text = told(story).text
    assert "Found: Stiff hips; Agreed: Walk 10 min. 20 Mar, Anne Møller" in text
    assert "Imaging: No fracture. 1 Mar, letter, added by Anne Møller" in text


def test_who_handles_a_warning_sign_is_told() -> None:
    story = Story()
    sign = story.flag(at(3, 20), "leg-weakness", "same-day")
    story.write("flag-handled", at(3, 21), detail={"flags": [sign.id]}, author=ANNE)
    text = told(story).text
    assert "21 Mar: seen, handled by Anne Møller." in text
    assert "No clinician’s note yet." not in text
