"""What the patient has agreed to, purpose by purpose, and which version of its text.

Each yes and each no is an entry (`consent`); the newest of a purpose counts. What stands now is
remembered beside it, so that no turn has to read the record for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from bot.conversation.effects import Audit, OpenCase, Record, SetCase
from bot.conversation.step import Step
from templates.consents import ConsentText
from trajectory import consents as recorded
from trajectory.cases import Cause, Kind, State

NAME = "consenting"
"""The task of a question that is put by itself."""
ENROLMENT, ALERT, RESEARCH = "enrolment", "alert", "research"
SHARE, SHARE_RELATIVE, SHARE_WORK, SHOW = "share", "share-relative", "share-work", "show"
"""Questions."""
GIVEN, WITHDRAWN, DECLINED = recorded.GIVEN, recorded.WITHDRAWN, recorded.DECLINED
STORE, REMIND = "store", "remind"
PURPOSES = (STORE, REMIND, "share", "alert", "research")
FIRST_VERSION = "2026-11"
"""What everybody had agreed to who was enrolled before versions were remembered."""
RESEARCH_AFTER = timedelta(days=14)
"""Whoever begins has enough to answer: research is asked about by itself, later."""


def text_of(step: Step, question: str) -> ConsentText:
    """The text as it is asked now."""
    return step.world.consents[question]


def answer(
    step: Step,
    question: str,
    code: str,
    raw: str | None = None,
    *,
    member_id: int | None = None,
    on_paper: bool = False,
) -> None:
    """Record what the patient has said to a question of consent; `code` is given or declined.

    `member_id`: it is about this person of the care team. `on_paper`: signed there, and entered by
    the clinic.
    """
    text = text_of(step, question)
    detail = text.detail(step.person.language)
    if member_id is not None:
        detail["member"] = member_id
    if on_paper:
        detail["by"] = "staff-on-paper"
    _record(step, code, raw, detail)
    if question == ENROLMENT and code == GIVEN:
        step.do(SetCase(Kind.CONSENT_MISSING, State.PASSED))
    if code == GIVEN or member_id is None:
        for purpose in text.purposes:
            _remember(step, purpose, text.version if code == GIVEN else "")


def note_turn(step: Step, question: str, said: str, member_id: int = 0) -> None:
    """Remember whose buttons these were: a No that is pressed after the Yes takes it back."""
    task = step.memory.task
    assert task is not None
    noted = [task.turn, said, member_id, step.now.isoformat()]
    step.memory.agreed_by = {**step.memory.agreed_by, question: noted}


def of_turn(step: Step, turn: str) -> str | None:
    """The question of consent that had the buttons of this turn and is answered, if one had."""
    task, noted = step.memory.task, step.memory.agreed_by.items()
    if task is not None and turn == str(task.turn):
        return None
    return next((question for question, asked in noted if turn == str(asked[0])), None)


def put(step: Step, question: str) -> None:
    """Put a question of consent by itself; that is done once for a version, however it ends."""
    text = text_of(step, question)
    step.begin(NAME, "ask", question=question)
    step.memory.consent_asked = {**step.memory.consent_asked, question: text.version}
    if question == ENROLMENT:
        step.add_line("consent.changed")
    ask(step, question)


def ask(step: Step, question: str) -> None:
    """Ask for a yes or a no; a task is under way."""
    options = [("yes", step.words.say("button.agree")), ("no", step.words.say("button.decline"))]
    step.offer_words(words(step, question), options)


def words(step: Step, question: str) -> str:
    """The text of a question, in the patient's language."""
    clinic = step.world.clinic
    return step.words.say(
        text_of(step, question).message,
        # A phone that carries links only does not say where it hurts.
        about=step.words.say("about.plain") if step.linked else step.about,
        emergency=clinic.emergency_number,
        clinic=clinic.name,
        travel=step.words.say(f"enrol.travel.{'link' if step.linked else step.channel}"),
    )


def withdraw(
    step: Step, purpose: str, raw: str | None = None, *, member_id: int | None = None
) -> None:
    """Record that a consent is withdrawn; what follows from it is the caller's.

    `member_id`: only as far as it is about this person of the care team.
    """
    detail: dict[str, object] = {"version": standing(step, purpose), "purposes": [purpose]}
    if member_id is not None:
        detail["member"] = member_id
    _record(step, WITHDRAWN, raw, detail)
    if member_id is None:
        _remember(step, purpose, "")


def withdraw_keeping(step: Step, raw: str | None) -> None:
    """Record that nothing more may be asked and kept; the clinic sees it on its list."""
    for purpose in (REMIND, STORE):
        if stands(step, purpose):
            withdraw(step, purpose, raw)
    step.do(OpenCase(Kind.CONSENT_MISSING, cause=Cause.WITHDRAWN))


def stands(step: Step, purpose: str) -> bool:
    """Whether the patient agrees to this now."""
    return bool(standing(step, purpose))


def standing(step: Step, purpose: str) -> str:
    """The version that the patient has agreed to; empty: none."""
    said = step.memory.consents.get(purpose)
    if said is None:
        was_asked = step.person.started_at is not None and purpose in (STORE, REMIND)
        return FIRST_VERSION if was_asked else ""
    return said


def keeps_no_words(step: Step) -> bool:
    """Whether the patient has taken back that anything is kept, and not agreed anew."""
    return step.person.status != "active" and step.memory.consents.get(STORE) == ""


def is_agreed(step: Step) -> bool:
    """Whether the patient was enrolled, and has not taken back since that anything is kept."""
    return step.person.started_at is not None and stands(step, STORE)


def is_given(step: Step, purpose: str) -> bool:
    """As `stands`; of sharing and alerts the grants tell it, which also end by themselves."""
    if purpose == "share":
        return bool(step.care.grants)
    if purpose == "alert":
        return any("alert" in grant.purposes for grant in step.care.grants)
    return stands(step, purpose)


def to_be_asked(step: Step) -> str:
    """The question that is to be put by itself now: a new version, or research; else empty."""
    asked = step.memory.consent_asked
    enrolment = text_of(step, ENROLMENT)
    agreed = standing(step, STORE)
    if agreed and agreed != enrolment.version and asked.get(ENROLMENT) != enrolment.version:
        return ENROLMENT
    wants = step.world.clinic.research and _is_settled_in(step)
    if wants and RESEARCH not in step.memory.consents and RESEARCH not in asked:
        return RESEARCH
    return ""


def _is_settled_in(step: Step) -> bool:
    began = step.person.started_at
    return began is not None and step.now - began >= RESEARCH_AFTER


def listed(step: Step) -> Mapping[str, datetime]:
    """By purpose since when it stands, in the order of `PURPOSES`; needs the timeline."""
    found = recorded.given(step.timeline)
    return {each: found[each].at for each in PURPOSES if each in found and is_given(step, each)}


def _record(step: Step, code: str, raw: str | None, detail: dict[str, object]) -> None:
    step.do(Record(step.new_id(), recorded.KIND, code=code, text=raw, detail=detail))
    step.do(Audit(f"consent-{code}", _subject(detail)))


def _subject(detail: dict[str, object]) -> str:
    purposes = detail["purposes"]
    assert isinstance(purposes, list)
    return ",".join(purposes)


def _remember(step: Step, purpose: str, version: str) -> None:
    step.memory.consents = {**step.memory.consents, purpose: version}
