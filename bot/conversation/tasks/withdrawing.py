"""Taking a consent back: as easy as giving it, by a sentence, and what follows happens at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.conversation import asking, consents, granting, silencing
from bot.conversation.choices import chosen
from bot.conversation.consents import REMIND, RESEARCH, STORE
from bot.conversation.effects import ChangePurposes
from bot.conversation.lists import joined
from bot.conversation.step import Step
from bot.conversation.tasks import deleting, exporting
from trajectory.care_team import Member

NAME = "withdrawing"


def begin(step: Step, purpose: str, raw: str | None = None) -> None:
    """Withdraw this purpose; ask which where none is named, and say so of one not given."""
    if not purpose:
        step.begin(NAME, "which")
        ask(step)
    elif not consents.is_given(step, purpose):
        step.add_line("consent.not-given", purpose=_named(step, purpose))
        asking.repeat(step)
    else:
        _WITHDRAW[purpose](step, raw)


def ask(step: Step) -> None:
    """Put the question of the present step again."""
    assert step.memory.task is not None
    if step.memory.task.step == "which":
        given = [each for each in consents.PURPOSES if consents.is_given(step, each)]
        options = [(each, _named(step, each)) for each in given]
        options.append(("no", step.words.say("consent.none-of-these")))
        step.offer_words(step.words.say("consent.which"), options)
    else:
        options = [(each, f"consent.then.{each}") for each in ("delete", "copy", "keep")]
        step.offer("consent.store-withdrawn", options)


def reply(step: Step, text: str, option: str | None) -> None:
    """Take which consent it is, or what is to become of what is kept."""
    assert step.memory.task is not None
    answer = option or chosen(step, text, no="no")
    if answer is None:
        ask(step)
    elif step.memory.task.step == "which" and answer != "no":
        step.memory.task = None
        begin(step, answer, text)
    elif answer == "delete":
        deleting.begin(step)
    elif answer == "copy":
        exporting.begin(step)
    else:
        asking.leave(step, "task.left" if answer == "no" else "consent.kept")


def stop_storing(step: Step, raw: str | None) -> None:
    """Nothing more is asked or kept from now on; what is kept already, the patient decides on."""
    consents.withdraw_keeping(step, raw)
    silencing.fall_silent(step)
    step.begin(NAME, "then")
    if step.care.grants:
        names = [grant.member.name for grant in step.care.grants]
        step.add_line("consent.shared", names=joined(names, step.words.say("and")))
    ask(step)


def _stop_reminding(step: Step, raw: str | None) -> None:
    consents.withdraw(step, REMIND, raw)
    silencing.fall_silent(step)
    step.add_line("consent.withdrawn.remind")


def stop_alerting(step: Step, raw: str | None, whom: Sequence[Member] = ()) -> None:
    """Mail nobody of warning signs any more; or none of these people, and say what stands then."""
    ids = {member.id for member in whom}
    alerted = [grant for grant in step.care.grants if "alert" in grant.purposes]
    ended = [grant for grant in alerted if not ids or grant.member.id in ids]
    if ended and len(ended) == len(alerted):
        consents.withdraw(step, "alert", raw)
        step.add_line("consent.withdrawn.alert")
    else:
        for member_id in dict.fromkeys(grant.member.id for grant in ended):
            consents.withdraw(step, "alert", raw, member_id=member_id)
        names = joined([member.name for member in whom], step.words.say("and"))
        step.add_line("consent.withdrawn.alert-to", name=names)
    for grant in ended:
        kept = tuple(sorted(set(grant.purposes) - {"alert"}))
        step.do(ChangePurposes(grant.id, kept))


def _stop_alerting(step: Step, raw: str | None) -> None:
    step.memory.task = None
    stop_alerting(step, raw)
    asking.repeat(step)


def _stop_sharing(step: Step, raw: str | None) -> None:
    consents.withdraw(step, "share", raw)
    for grant in step.care.grants:
        granting.end(step, grant)
    _told(step, "share")


def _stop_research(step: Step, raw: str | None) -> None:
    consents.withdraw(step, RESEARCH, raw)
    _told(step, RESEARCH)


def _told(step: Step, purpose: str) -> None:
    step.memory.task = None
    step.add_line(f"consent.withdrawn.{purpose}")
    asking.repeat(step)


def _named(step: Step, purpose: str) -> str:
    return step.words.say(f"consent.purpose.{purpose}")


_WITHDRAW: Mapping[str, Callable[[Step, str | None], None]] = {
    STORE: stop_storing,
    REMIND: _stop_reminding,
    "share": _stop_sharing,
    "alert": _stop_alerting,
    "research": _stop_research,
}
