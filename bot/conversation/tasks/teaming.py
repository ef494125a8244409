"""The people whom the patient has named: one gets another name, or is taken out again.

Who is taken out sees nothing from that moment on, so it is confirmed. The patient's own page
does both by the same functions.
"""

from __future__ import annotations

from collections.abc import Sequence

from bot.commands import tidy
from bot.conversation import asking, granting
from bot.conversation.choices import chosen
from bot.conversation.effects import Audit, Record, RemoveMember, RenameMember
from bot.conversation.people import resolve
from bot.conversation.step import Step
from trajectory.care_team import Member

NAME = "teaming"
LONGEST_NAME = 60
"""Characters."""


def rename(step: Step, whom: str, called: str) -> None:
    """Call somebody by another name from now on; asks nothing, since it can be changed back."""
    found, name = resolve(whom, step.care.members), tidy(called)[:LONGEST_NAME]
    if len(found) == 1 and name:
        give_name(step, found[0], name)
        step.add_line("team.renamed", before=found[0].name, name=name)
    else:
        _say_who(step, whom, found)


def asks_to_remove(step: Step, whom: str) -> bool:
    """Ask whether somebody should be taken out; False: these words do not say who."""
    found = resolve(whom, step.care.members)
    if len(found) != 1:
        _say_who(step, whom, found)
        return False
    step.begin(NAME, "sure", member=found[0].id)
    ask(step)
    return True


def ask(step: Step) -> None:
    """Put the question again."""
    who = _meant(step)
    if who is None:
        asking.leave(step, "team.gone")
        return
    options = [("yes", "button.yes"), ("no", "button.no")]
    sees = any(grant.member.id == who.id for grant in step.care.grants)
    step.offer("team.remove-shared" if sees else "team.remove", options, name=who.name)


def reply(step: Step, text: str, option: str | None) -> None:
    """Take the answer."""
    answer, who = option or chosen(step, text), _meant(step)
    if answer == "no":
        asking.leave(step, "ending.kept")
    elif answer == "yes" and who is not None:
        remove(step, who)
        asking.leave(step, "team.removed", name=who.name)
    else:
        ask(step)


def give_name(step: Step, who: Member, name: str) -> None:
    """Write the new name."""
    step.do(RenameMember(who.id, name))
    step.do(Audit("member-renamed", f"member:{who.id}"))


def remove(step: Step, who: Member) -> None:
    """Take somebody out, and end what they may see."""
    for grant in step.care.grants:
        if grant.member.id == who.id:
            granting.end(step, grant)
    step.do(RemoveMember(who.id))
    step.do(Record(step.new_id(), "member-removed", detail={"member": who.id}))
    step.do(Audit("member-removed", f"member:{who.id}"))


def _meant(step: Step) -> Member | None:
    assert step.memory.task is not None
    wanted = step.memory.task.data["member"]
    return next((member for member in step.care.members if member.id == wanted), None)


def _say_who(step: Step, whom: str, found: Sequence[Member]) -> None:
    """Nobody is called so, or several are: the whole name says which."""
    if found:
        step.add_line("team.several", names=", ".join(member.name for member in found))
    else:
        step.add_line("team.nobody", who=whom)
