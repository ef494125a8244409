"""A no after the yes to the same question of consent: the protective answer wins.

Of two presses of one question the later counts where it takes something back; a yes that comes
after a no changes nothing, since a consent is given to a question that is being asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bot.conversation import consents, granting, looked, terms
from bot.conversation.choices import is_no
from bot.conversation.consents import ALERT, ENROLMENT, RESEARCH, SHARE
from bot.conversation.heard import Heard
from bot.conversation.pending import ask_again
from bot.conversation.step import Step
from bot.conversation.supposing import answers_what_waits
from bot.conversation.tasks import allowing, ending, enrolment, sharing, withdrawing
from bot.inbound import Inbound
from bot.phrases import Says
from trajectory.care_team import Member
from trajectory.grants import Grant

JUST_NOW = timedelta(hours=1)
"""So long after it was given a consent is what a bare no may be about."""
_CORRECTIONS = (Says.CORRECTION, Says.CORRECTION_OR_ANSWER)


def may_need_people(step: Step, message: Inbound) -> bool:
    """Whether this message may take back what is allowed to somebody of the care team."""
    return _pressed(step, message) is not None or _may_be_meant(step)


def take(step: Step, message: Inbound) -> bool:
    """Deal with a button of a question of consent that is answered; False: it is none."""
    question = _pressed(step, message)
    if question is None or not _is_somebody(step, question):
        return False
    turn, said, member_id, at = step.memory.agreed_by[question]
    if message.choice.endswith(".no"):
        noted = [turn, "no", member_id, at]
        step.memory.agreed_by = {**step.memory.agreed_by, question: noted}
        looked.remember_asked(step)
        _TAKE_BACK[question](step, said, message.text)
        looked.ask_later_again(step)
    else:
        step.add_line("old.button")
        _tell(step, question, said)
    ask_again(step)
    return True


def ask(step: Step, heard: Heard) -> bool:
    """A plain no right after the yes to alerts puts that question again; False: it is none."""
    who = _member(step, ALERT) if _may_be_meant(step) else None
    if who is None or not _says_no(step, heard) or answers_what_waits(step, heard.message.text):
        return False
    sharing.ask_again_for_alerts(step, who)
    return True


def _pressed(step: Step, message: Inbound) -> str | None:
    if not message.choice.startswith("t.") or step.memory.erasing:
        return None
    return consents.of_turn(step, message.choice.split(".")[1])


def _may_be_meant(step: Step) -> bool:
    """Whether the newest thing asked beside a questionnaire was about alerts, and allowed now."""
    turn, said, _, at = step.memory.agreed_by.get(ALERT, (0, "", 0, ""))
    if said != "yes" or turn != step.memory.turns or step.memory.task is not None:
        return False
    return step.now - datetime.fromisoformat(at) < JUST_NOW


def _says_no(step: Step, heard: Heard) -> bool:
    said = [each.slots["answer"] for each in heard.phrases if each.says in _CORRECTIONS]
    return any(is_no(step, words) for words in (heard.message.text, *said))


def _is_somebody(step: Step, question: str) -> bool:
    """Whether it is about nobody, or about somebody who is still in the care team."""
    return not step.memory.agreed_by[question][2] or _member(step, question) is not None


def _member(step: Step, question: str) -> Member | None:
    member_id = step.memory.agreed_by[question][2]
    return next((each for each in step.care.members if each.id == member_id), None)


def _grants(step: Step, who: Member) -> list[Grant]:
    return [grant for grant in step.care.grants if grant.member.id == who.id]


def _no_enrolment(step: Step, said: str, raw: str) -> None:
    """Before anything is kept it is over with that; later the patient says what is to go."""
    if step.person.status == "enrolling":
        enrolment.decline(step, raw)
    elif consents.stands(step, consents.STORE):
        withdrawing.stop_storing(step, raw)
    else:
        _tell_declined(step)


def _tell_declined(step: Step) -> None:
    if step.person.status == "ended":
        step.add_line("ended", emergency=step.world.clinic.emergency_number)


def _no_research(step: Step, said: str, raw: str) -> None:
    if consents.stands(step, RESEARCH):
        consents.withdraw(step, RESEARCH, raw)
    step.add_line("consent.withdrawn.research")


def _no_sharing(step: Step, said: str, raw: str) -> None:
    """What was given ends; a button that leaves as it is what was given before is asked about."""
    who = _member(step, SHARE)
    assert who is not None
    grants, waits = _grants(step, who), sharing.is_about(step, who)
    if grants and said == "anew":
        ending.ask_to_end(step, grants)
        return
    if waits:
        step.drop_task()
    for grant in grants:
        granting.end(step, grant)
    if grants:
        step.add_line("ending.ended", names=who.name)
    elif waits:
        step.add_line("share.not-shared")
    else:
        step.add_line("share.cannot-see", name=who.name)


def _no_alerts(step: Step, said: str, raw: str) -> None:
    who = _member(step, ALERT)
    assert who is not None
    if allowing.asks_for_alerts(step) and sharing.is_about(step, who):
        step.drop_task()
    withdrawing.stop_alerting(step, raw, [who])


def _not_counted(step: Step, said: str, raw: str) -> None:
    who = _member(step, allowing.DIGEST)
    assert who is not None
    allowing.count_out(step, who)
    step.add_line("share.digest-no")


_TAKE_BACK: Mapping[str, Callable[[Step, str, str], None]] = {
    ENROLMENT: _no_enrolment,
    RESEARCH: _no_research,
    SHARE: _no_sharing,
    ALERT: _no_alerts,
    allowing.DIGEST: _not_counted,
}


def _tell(step: Step, question: str, said: str) -> None:
    """What stands, after a button that changes nothing any more."""
    who = _member(step, question)
    if question == ENROLMENT:
        _tell_declined(step)
    elif question == SHARE and who is not None and (grants := _grants(step, who)):
        until = grants[0].until
        lasts = terms.told(step, "stop" if until is None else until.isoformat())
        step.add_line("share.already-listed", name=who.name, lasts=lasts)
    elif question == SHARE and who is not None and said == "no":
        step.add_line("share.cannot-see", name=who.name)
    elif question == ALERT and who is not None and said == "no":
        step.add_line("consent.withdrawn.alert-to", name=who.name)
