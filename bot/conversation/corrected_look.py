"""Another answer to whether a doctor has looked, after one was given: the later one counts.

Both stay in the record. What a yes, or a mistake, has released is held again by a "not yet";
what was reported since then is released by no older button.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.conversation import looked, told
from bot.conversation.choices import is_no, leans_to_no
from bot.conversation.heard import Heard
from bot.conversation.pending import ask_again
from bot.conversation.step import Step
from bot.conversation.supposing import answers_what_waits
from bot.conversation.tasks import follow_up, hands
from bot.inbound import Inbound
from bot.phrases import Says

JUST_NOW = timedelta(hours=1)
"""So long after the answer a bare no is about it."""
_CORRECTIONS = (Says.CORRECTION, Says.CORRECTION_OR_ANSWER)


def take(step: Step, message: Inbound) -> bool:
    """Deal with a button of that question which is answered; False: it is none."""
    if not message.choice.startswith("t.") or not _may_change(step):
        return False
    turn, _, option = message.choice.removeprefix("t.").partition(".")
    if not _was_of(step, turn) or option not in looked.OPTIONS:
        return False
    if option == step.memory.looked["said"]:
        # A double press; whatever it were answered with could only sound like less.
        ask_again(step)
    elif option == looked.NOT_YET or _may_release(step):
        _correct(step, int(turn), option, message.text)
    else:
        return False
    return True


def amend(step: Step, heard: Heard) -> bool:
    """An edit of the message that answered it: the answer is what it says now.

    Where that is not clear it is asked again, and what was released is held until then.
    """
    message = heard.message
    if step.memory.looked.get("by") != message.edit_of or not _may_change(step):
        return False
    answered, answer = step.memory.looked, follow_up.said(step, message.text)
    if answer == answered["said"]:
        ask_again(step)
    elif answer == looked.NOT_YET or (answer is not None and _may_release(step)):
        _correct(step, answered["turn"], answer, message.text)
    elif answer is None and _may_release(step):
        looked.take_up_again(step, answered["turn"])
        looked.ask(step)
    else:
        return False
    return True


def hear(step: Step, heard: Heard) -> bool:
    """A no right after the yes: in the button's own words it counts, a bare one is asked about."""
    text = heard.message.text
    if not (_may_change(step) and _may_be_meant(step)) or answers_what_waits(step, text):
        return False
    turn = step.memory.looked["turn"]
    if _is_label(step, text):
        _correct(step, turn, looked.NOT_YET, text)
    elif _says_no(step, heard):
        looked.take_up_again(step, turn)
        looked.ask(step)
    else:
        return False
    return True


def _may_change(step: Step) -> bool:
    """Whether it was answered, and who answers is in no doubt, nor about to be erased."""
    gone = step.memory.erasing or step.person.status == "ended"
    return "said" in step.memory.looked and not gone and not hands.waits(step)


def _was_of(step: Step, turn: str) -> bool:
    task = step.memory.task
    if task is not None and turn == str(task.turn):
        return False
    return turn in map(str, step.memory.looked["asked"])


def _may_release(step: Step) -> bool:
    is_of_newest = step.memory.looked["flagged_at"] == step.memory.flagged_at
    return is_of_newest and step.person.status != "stopped"


def _correct(step: Step, turn: int, option: str, raw: str) -> None:
    looked.take_up_again(step, turn)
    follow_up.reply(step, raw, option)
    if step.person.status == "stopped":
        step.memory.task = None
        told.hush(step)


def _may_be_meant(step: Step) -> bool:
    """Whether it is the newest thing that was asked beside a questionnaire, and just now."""
    answered, memory = step.memory.looked, step.memory
    if answered["said"] == looked.NOT_YET or memory.task is not None:
        return False
    if answered["turn"] != memory.turns or step.person.status == "stopped":
        return False
    return step.now - datetime.fromisoformat(answered["at"]) < JUST_NOW


def _is_label(step: Step, text: str) -> bool:
    label = step.words.say(looked.OPTIONS[looked.NOT_YET])
    return text.strip(" .!").casefold() == label.casefold()


def _says_no(step: Step, heard: Heard) -> bool:
    said = [each.slots["answer"] for each in heard.phrases if each.says in _CORRECTIONS]
    return any(
        is_no(step, words) or leans_to_no(step, words) for words in (heard.message.text, *said)
    )
