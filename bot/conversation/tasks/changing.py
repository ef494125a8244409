"""Changing the answer before: which of two questions is meant, or the last one once more."""

from __future__ import annotations

from collections.abc import Sequence

from bot.conversation import asking
from bot.conversation.choices import chosen, is_question
from bot.conversation.last import Last, answer_at, changeable, correct, just_finished, last_answer
from bot.conversation.lists import joined
from bot.conversation.memory import CHANGING, OpenSession
from bot.conversation.questions import question, said_as, title
from bot.conversation.step import Step
from bot.conversation.tasks.keeping import keep_in_between
from flows.model import Item
from flows.reading import Ambiguous, NotAReply, Understood, given_as, read
from flows.replies import Back, Said
from flows.session import AND_THEN

NAME = CHANGING
_MOST = 9
"""Letters for answers, of which one more is left."""
_NONE = "none"
_CHOICES = ("of", "which")
"""Steps in which one of two or more is chosen."""


def which(step: Step, last: Last, answer: str, raw: str) -> None:
    """Ask whether the words change the last answer, or answer the question that waits."""
    session, turn = last.place
    step.begin(NAME, "which", session=session, turn=turn, answer=answer, raw=raw)
    ask(step)


def reopen(step: Step) -> bool:
    """Put the last question of the questionnaire just finished again, if it may still change."""
    last = just_finished(step)
    if last is None or (step.open is not None and step.open.session.given):
        return False
    put(step, last)
    return True


def reopen_item(step: Step, session: int, item: str) -> bool:
    """Put this question of the questionnaire just finished again, if it may still change."""
    found = [each for each in changeable(step) if (each.open.id, each.item.id) == (session, item)]
    for last in found:
        put(step, last)
    return bool(found)


def put(step: Step, last: Last) -> None:
    """Put the question of an answer in a finished questionnaire again."""
    session, turn = last.place
    step.begin(NAME, "again", session=session, turn=turn)
    ask(step)


def ask_anew(step: Step, last: Last, raw: str) -> None:
    """The question of an answer again, since the patient takes back what was chosen for it."""
    if last.open is not step.open:
        put(step, last)
        return
    step.add_line("changing.anew")
    asking.resume(step, last.open, Back(raw, last.item.id))


def ask_back(step: Step, last: Last, answer: str, raw: str) -> None:
    """The last question again, with what may have been meant."""
    if last.open is not step.open:
        put(step, last)
        return
    mark = len(step.effects), list(step.lead)
    asking.resume(step, last.open, Back(raw, last.item.id))
    unread = isinstance(read(last.item, answer, step.lexicon), NotAReply)
    if unread or last.open.session.pending != last.item.id:
        return
    # The question itself need not be read again: what is asked back names it.
    del step.effects[mark[0] :]
    step.lead[:] = mark[1]
    asking.resume(step, last.open, Said(answer, raw))


def which_of(step: Step, answers: Sequence[Last], answer: str, raw: str) -> None:
    """Ask which of several answers the words change."""
    found = [last.place for last in answers[:_MOST]]
    step.begin(NAME, "of", session=0, turn=0, found=found, answer=answer, raw=raw)
    ask(step)


def settle(step: Step, session: int) -> None:
    """An older button of this session was pressed: what was asked about it is answered."""
    task = step.memory.task
    if task is not None and task.name == NAME and task.data["session"] == session:
        step.memory.task = None


def ask(step: Step) -> None:
    """Put the question, or leave it where the answer can no longer be changed."""
    task, last = step.memory.task, _meant(step)
    assert task is not None
    if task.step == "of":
        _ask_which_of(step)
    elif last is None:
        _leave(step)
    elif task.step == "which":
        _ask_which(step, last)
    else:
        _ask_again(step, last)


def reply(step: Step, text: str, option: str | None) -> None:
    """Take the answer; what answers neither is not asked for a third time."""
    task, last = step.memory.task, _meant(step)
    assert task is not None
    if task.step in _CHOICES and option is None and _only_asks(step, text):
        keep_in_between(step, text)
        ask(step)
    elif task.step == "of":
        _take_which_of(step, option or chosen(step, text, no=_NONE), text)
    elif last is None:
        _leave(step)
    elif task.step == "again":
        step.memory.task = None
        correct(step, last, text, text)
    else:
        _take_which(step, last, text, option or chosen(step, text))


def _only_asks(step: Step, text: str) -> bool:
    """Whether this is a question of the patient's own, and chooses nothing."""
    return chosen(step, text, no=_NONE) is None and is_question(step, text)


def _meant(step: Step) -> Last | None:
    """The answer that this is about, while it may still be changed."""
    task = step.memory.task
    assert task is not None
    last = last_answer(step)
    place = (task.data["session"], task.data["turn"])
    if task.step == "which":
        return last if last is not None and last.place == place else None
    return answer_at(step, place)


def _ask_which_of(step: Step) -> None:
    task, language = step.memory.task, step.person.language
    assert task is not None
    places = {tuple(place) for place in task.data["found"]}
    found = [each for each in changeable(step) if each.place in places]
    options = [
        (f"{each.open.id}-{each.given.turn}", title(each.flow, each.item, language))
        for each in found
    ]
    none = (_NONE, step.words.say("changing.none"))
    text = step.words.say("changing.of", answer=task.data["answer"])
    step.offer_words(text, [*options, none])


def _take_which_of(step: Step, option: str | None, text: str) -> None:
    task = step.memory.task
    assert task is not None
    last = None
    if option not in (None, _NONE):
        session, _, turn = option.partition("-")
        last = answer_at(step, (int(session), int(turn)))
    if last is not None:
        step.memory.task = None
        raw = f"{task.data['raw']}{AND_THEN}{text}"
        correct(step, last, task.data["answer"], raw, chosen=True)
    elif option == _NONE or task.data.get("repeated"):
        _leave(step)
    else:
        task.data["repeated"] = True
        ask(step)


def _ask_which(step: Step, last: Last) -> None:
    task = step.memory.task
    assert task is not None
    name = title(last.flow, last.item, step.person.language)
    language = last.open.session.language
    meant = [said_as(last.item, each, language) for each in _meanings(step, last)]
    new = joined(meant, step.words.say("or"))
    step.offer_words(
        step.words.say("changing.which", title=name, answer=new),
        [
            ("last", step.words.say("changing.last", title=name)),
            ("pending", step.words.say("changing.pending")),
        ],
    )


def _meanings(step: Step, last: Last) -> list[Understood]:
    """The answer that the words are to the last question, or those that they may be."""
    task = step.memory.task
    assert task is not None
    reading = read(last.item, task.data["answer"], step.lexicon)
    if isinstance(reading, Ambiguous):
        return [given_as(last.item, candidate) for candidate in reading.candidates]
    assert isinstance(reading, Understood)
    return [reading]


def _ask_again(step: Step, last: Last) -> None:
    language = last.open.session.language
    if last == just_finished(step):
        step.add_line("changing.again")
    session, turn = last.place
    step.say(
        question(
            last.item,
            language,
            step.words,
            place=(1, 1),
            session_id=session,
            turn=turn,
            given=last.open.session.given,
        )
    )


def _take_which(step: Step, last: Last, text: str, option: str | None) -> None:
    task = step.memory.task
    assert task is not None
    answer, raw = task.data["answer"], f"{task.data['raw']}{AND_THEN}{text}"
    if option not in ("last", "pending"):
        _repeat_once(step)
        return
    named = len(_meanings(step, last)) == 1
    step.memory.task = None
    if option == "last":
        _change(step, last, _in_full(step, last.open, last.item, answer) if named else answer, raw)
    elif step.open is not None:
        _answer_pending(step, answer, task.data["raw"], raw, named=named)


def _repeat_once(step: Step) -> None:
    task = step.memory.task
    assert task is not None
    if task.data.get("repeated"):
        _leave(step)
    else:
        task.data["repeated"] = True
        ask(step)


def _change(step: Step, last: Last, answer: str, raw: str) -> None:
    """Change the last answer, once it is sure to what."""
    if isinstance(read(last.item, answer, step.lexicon), Understood):
        correct(step, last, answer, raw, chosen=True)
    else:
        ask_back(step, last, answer, raw)


def _in_full(step: Step, open: OpenSession, item: Item, answer: str) -> str:
    """The only answer that these words may be, in words without doubt; else the words."""
    reading = read(item, answer, step.lexicon)
    if not isinstance(reading, Ambiguous) or len(reading.candidates) != 1:
        return answer
    option = item.option(reading.candidates[0])
    return reading.candidates[0] if option is None else option.text[open.session.language]


def _answer_pending(step: Step, answer: str, whole: str, raw: str, *, named: bool) -> None:
    """The words answer the question that waits; where it needs all of them, it gets all.

    What was `named` when it was asked which is meant need not be asked back once more.
    """
    open, item = step.open, step.pending_item
    assert open is not None
    assert item is not None
    answer = _in_full(step, open, item, answer) if named else answer
    fits = isinstance(read(item, answer, step.lexicon), Understood)
    step.answered = (open.id, open.session.turn)
    asking.resume(step, open, Said(answer if fits else whole, raw, chosen=True))


def _leave(step: Step) -> None:
    step.memory.task = None
    step.add_line("task.left")
    asking.repeat(step)
