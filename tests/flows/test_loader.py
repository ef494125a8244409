from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from backtrace.cli import app
from backtrace.definitions import shipped_files, shipped_library
from flows.errors import DefinitionError
from flows.library import Library
from flows.loader import load_flow, load_pathway
from flows.model import Operator, Test

WRONG = Path(__file__).parent / "wrong"
MARK = "# wrong"

REASONS = {
    "bands-end": "let the last band end there",
    "bands-gap": "there is a gap after 'low'; begin at 40",
    "bands-of-whole-numbers-gap": "there is a gap after 'low'; begin at 4",
    "bands-overlap": "it overlaps 'low'; begin at 40",
    "bands-start": "let the first band begin there",
    "bands-without-scoring": "'bands' needs a 'scoring'; add one",
    "condition-cycle": "a cycle; let only the later item ask",
    "condition-exists": "its answer must be true or false",
    "condition-fact-order": "only '=', '!=' and 'exists' go with facts",
    "condition-later-item": "'calm', which comes later; move that item before this one",
    "condition-operator": "unknown operator '=='; did you mean '='?",
    "condition-option": "unknown option 'maybe' of 'calm'; it can be 'no', 'yes'",
    "condition-orders-options": "use '=' or '!='",
    "condition-out-of-range": "11, outside of its 0 to 10; change the answer",
    "condition-own-item": "its own item, a cycle; ask about an earlier item",
    "condition-unknown-fact": "unknown item 'intake/work-statis'; did you mean 'work-status'?",
    "condition-unknown-fact-option": "unknown option 'resting' of 'work-status'",
    "condition-unknown-item": "unknown item 'kalm'; did you mean 'calm'?",
    "empty-file": "begin the file with 'id:'",
    "empty-text": "'da' is empty; write a text",
    "flag-on-a-scale": "a scale item has no 'flag'; remove it or change the kind",
    "flag-unknown": "unknown flag 'today'; it can be 'emergency', 'same-day', 'soon'",
    "follow-by-other-numbers": "follows the same id by other numbers, and both go on one curve",
    "follow-no-such-change": "no change of 11 is possible from 0 to 10; lower 'important'",
    "follow-on-a-text": "a text item has no 'follow'; remove it or change the kind",
    "follow-share-alone": "'important' is missing: from how many points a change counts",
    "follow-share-over-all": "a percentage of the first value, 100 at most",
    "follow-without-scoring": "'follow' needs a 'scoring'; add one",
    "follow-without-source": "numbers need a 'source': who published them; add it",
    "item-id-syntax": "'Calm_1' is not a good id; use at most 40 lower-case letters",
    "item-id-twice": "the id 'calm' is taken (line 5); choose another",
    "key-twice": "the key 'title' is there twice (first on line 3); keep one",
    "kind-unknown": "unknown kind 'yes_no'; did you mean 'yes-no'?",
    "known-for-a-warning-sign": "asked anew each time; remove 'known-for'",
    "language-of-title-missing": "'title' lacks the language 'da'; add the text",
    "language-too-many": "the language 'sv', which the title lacks",
    "minimum-answered": "must be from 1 to 1, the number of items (it is 2)",
    "missing-key": "the key 'kind' is missing; add it",
    "missing-language": "'text' lacks the language 'da'; add the text",
    "not-yaml": "look for a missing quote",
    "number-with-a-comma": "'maximum' must be a whole number",
    "opens-itself": "a cycle; remove one of the two",
    "opens-unknown-flow": "unknown flow 'red-flag'; did you mean 'red-flags'?",
    "opens-unknown-option": "unknown option 'maybe'; it can be 'no', 'yes'",
    "option-id-long": "has an id that no button holds; use at most 30 characters",
    "option-id-twice": "the id 'good' is taken (line 9); choose another",
    "option-without-score": "'bad' has no score and others have one; add a score",
    "option-words-twice": "nobody could tell them apart; change one",
    "options-without-scores": "has no score, but the flow is scored; add one",
    "pathway-ends-too-early": "a later week than 'weekly-until'; raise it",
    "pathway-frequencies-without-end": "'frequencies' and 'then-until' go together; write both",
    "pathway-in-one-of-a-day": "'in-one-from' goes with 'weekly-until' only; remove it",
    "pathway-key-twice": "the id 'start' is taken (line 4); choose another",
    "pathway-measures-unknown": "names 'odi', which no step follows",
    "pathway-tells-without-words": "'bothersome-days', which has no 'plain-name' for the patient",
    "pathway-two-timings": "exactly one of 'at-start', 'day', 'weekly-until', 'weeks'",
    "pathway-unknown-flow": "unknown flow 'start-bak'; did you mean 'start-back'?",
    "pathway-unknown-item": "unknown item 'leg-pian' of 'start-back'; did you mean 'leg-pain'?",
    "pathway-weeks-fall": "must rise from 1, each week once, such as [6, 12]",
    "quotes-in-one-language": "quotes 'goal' not in every language; add it",
    "quotes-what-is-not-asked": "'gaol', which is no earlier text item; did you mean 'goal'?",
    "quotes-what-may-be-skipped": "'goal', which may have been skipped; add an 'enable-when'",
    "reminder-after-the-end": "make 'expires' longer",
    "reminder-syntax": "write days as P7D and hours as PT20H",
    "reserved-word": "'Stop!', which carriers take for a command by SMS",
    "reserved-word-danish": "'Hjælp', which carriers take for a command by SMS",
    "scale-upside-down": "the minimum 10 must be below the maximum 10; change one of them",
    "scoring-finds-nothing": "scoring 'psfs' finds no item to score; add a scale",
    "scoring-lacks-items": "scoring 'odi' needs the items 'pain-intensity', 'personal-care'",
    "scoring-options-of-rmdq": "scoring 'rmdq' needs the options and scores yes 1, no 0",
    "scoring-unknown": "unknown scoring 'summ'; did you mean 'sum'?",
    "subscale-never-positive": "is reached from 0 to 10 only; change 'positive-from'",
    "subscale-unknown-item": "unknown item 'helth'; did you mean 'health'?",
    "subscale-without-scoring": "'subscales' needs a 'scoring'; add one",
    "tab": "or a tab, on this line",
    "text-is-a-number": "'da' must be text; put it in quotes",
    "unknown-key": "unknown key 'opptions'; did you mean 'options'?",
    "yes-no-without-no": "the options 'yes' and 'no', in this order; write these two",
}


def marked_line(text: str) -> int:
    """The line on which a file says that it is wrong; the first where it cannot say so."""
    lines = enumerate(text.splitlines(), start=1)
    return next((number for number, line in lines if MARK in line), 1)


def refused(text: str, file: str = "file.yaml") -> DefinitionError:
    with pytest.raises(DefinitionError) as caught:
        Library.read({file: text}, beside=shipped_library())
    return caught.value


def test_every_wrong_file_has_its_reason() -> None:
    assert {file.stem for file in WRONG.glob("*.yaml")} == REASONS.keys()


@pytest.mark.parametrize("name", sorted(REASONS))
def test_a_wrong_definition_is_refused_with_its_line_and_what_to_do(name: str) -> None:
    text = (WRONG / f"{name}.yaml").read_text(encoding="utf-8")

    error = refused(text, f"{name}.yaml")

    assert (error.file, error.line) == (f"{name}.yaml", marked_line(text))
    assert REASONS[name] in error.reason
    assert str(error).startswith(f"{name}.yaml:{error.line}: {error.reason}")


@pytest.mark.parametrize("name", sorted(REASONS))
def test_the_shell_prints_it_and_exits_1(name: str) -> None:
    file = WRONG / f"{name}.yaml"
    line = marked_line(file.read_text(encoding="utf-8"))

    result = CliRunner().invoke(app, ["flows", "check", str(file)])

    assert result.exit_code == 1
    assert result.stderr.startswith(f"{file}:{line}: ")
    assert REASONS[name] in result.stderr
    assert result.stdout == ""


def test_the_shell_finds_the_shipped_definitions_right() -> None:
    result = CliRunner().invoke(app, ["flows", "check"])

    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == f"OK: {len(shipped_files())} files in da, en\n"


def test_the_shell_checks_a_folder_and_says_everything_in_one_go() -> None:
    result = CliRunner().invoke(app, ["flows", "check", str(WRONG)])

    named = {line.partition(".yaml:")[0] for line in result.stderr.splitlines()}
    unreadable_alone = {str(WRONG / name) for name in REASONS if in_its_own_right(name)}
    assert result.exit_code == 1
    assert named >= unreadable_alone


def in_its_own_right(name: str) -> bool:
    """Whether a file is wrong by itself, not by what it says of others."""
    text = (WRONG / f"{name}.yaml").read_text(encoding="utf-8")
    load = load_pathway if name.startswith("pathway") else load_flow
    try:
        load(text, name)
    except DefinitionError:
        return True
    return False


@pytest.mark.parametrize(
    ("path", "help"), [("no-such.yaml", "no such file or folder"), (".", "no .yaml file")]
)
def test_the_shell_says_what_is_wrong_with_a_path(tmp_path: Path, path: str, help: str) -> None:
    result = CliRunner().invoke(app, ["flows", "check", str(tmp_path / path)])

    assert result.exit_code == 1
    assert help in result.stderr


def test_the_shell_says_when_a_file_is_not_utf_8(tmp_path: Path) -> None:
    file = tmp_path / "old.yaml"
    file.write_bytes("id: old\ntitle: {en: Ol, da: Øl}\n".encode("latin-1"))

    result = CliRunner().invoke(app, ["flows", "check", str(file)])

    assert result.exit_code == 1
    assert result.stderr == f"{file}:2: this is not UTF-8; save the file as UTF-8\n"


def test_every_mistake_of_a_file_is_said_in_order_of_lines() -> None:
    error = refused(
        """\
id: Mood
kind: checkin
title: {en: Mood, da: Humør}
items:
  - id: calm
    kind: scale
    text: {en: "Calm?"}
    minimum: none
    maximum: 10
"""
    )

    assert [each.line for each in error.errors] == [1, 2, 7, 8]
    assert len(str(error).splitlines()) == 4


def test_two_files_cannot_have_the_same_id() -> None:
    files = shipped_files()
    again = {"copy.yaml": files["definitions/odi.yaml"]}

    with pytest.raises(DefinitionError, match=r"copy\.yaml:2: .*'odi' is taken by definitions/odi"):
        Library.read({**files, **again})


def test_flows_that_open_each_other_in_a_circle_are_refused() -> None:
    def opening(flow: str, other: str) -> str:
        return f"""\
id: {flow}
kind: screen
title: {{en: A, da: A}}
items:
  - id: gate
    kind: yes-no
    text: {{en: "New?", da: "Nyt?"}}
    options:
      - {{id: yes, text: {{en: "Yes", da: "Ja"}}}}
      - {{id: no, text: {{en: "No", da: "Nej"}}}}
    opens: {{yes: {other}}}
"""

    with pytest.raises(DefinitionError, match="a cycle") as caught:
        Library.read({"one.yaml": opening("one", "two"), "two.yaml": opening("two", "one")})

    assert [(e.file, e.line) for e in caught.value.errors] == [("one.yaml", 11), ("two.yaml", 11)]


def test_words_and_times_stay_what_was_written() -> None:
    flow = load_flow(
        """
        id: evening
        kind: check-in
        title: {en: no, da: 18:00}
        expires: P1DT12H
        items:
          - id: went
            kind: yes-no
            text: {en: off, da: "on"}
            options:
              - {id: yes, text: {en: yes, da: ja}}
              - {id: no, text: {en: no, da: nej}}
          - id: why
            kind: text
            text: {en: Why?, da: Hvorfor?}
            enable-when:
              any:
                - {question: went, operator: "=", answer: no}
                - {question: went, operator: exists, answer: false}
        """,
        "evening.yaml",
    )

    assert flow.title == {"en": "no", "da": "18:00"}
    assert flow.expires == timedelta(hours=36)
    went, why = flow.items
    assert [option.id for option in went.options] == ["yes", "no"]
    assert why.enable_when is not None
    assert why.enable_when.tests == (
        Test("went", Operator.EQUALS, "no"),
        Test("went", Operator.EXISTS, False),
    )


CHECK_IN = shipped_files()["definitions/weekly-check-in.yaml"]


@given(st.data())
def test_a_damaged_file_is_refused_or_read_but_never_a_crash(data: st.DataObject) -> None:
    lines = CHECK_IN.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    old = lines[at]
    cut = data.draw(st.integers(0, len(old)))
    junk = data.draw(st.text("{}[]:,-&*!|>'\"#%@ \t\nabc019", max_size=4))
    lines[at] = old[:cut] + junk + old[cut + data.draw(st.integers(0, 6)) :]

    for error in mistakes("\n".join(lines)):
        assert 1 <= error.line <= len(lines) + 1
        assert error.reason


def mistakes(text: str) -> tuple[DefinitionError, ...]:
    try:
        Library.read({"file.yaml": text}, beside=shipped_library())
    except DefinitionError as error:
        return error.errors
    return ()
