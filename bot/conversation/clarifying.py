"""What is said to a reply that is no answer, or none without doubt.

Help grows and never goes round in circles: first a short hint, then the whole question, then
the ways out, and a line on the clinic's list. What the patient asks meanwhile is kept.
"""

from __future__ import annotations

from msgspec import structs

from bot.conversation import clinic_list, with_desk
from bot.conversation.choices import is_question, wonders
from bot.conversation.effects import Record
from bot.conversation.lists import joined
from bot.conversation.memory import OpenSession
from bot.conversation.questions import label, layout, letter, question, title
from bot.conversation.remarks import answer_beside, is_remark, remark
from bot.conversation.step import Step
from bot.messages import Choice, Choices, Layout, Message, press_data
from flows import events as happened
from flows.model import Flow, Item, ItemKind

WAY_OUT = 3
"""From this attempt on the patient hears how else to go on."""
_SHORT = 20
"""Characters of an option that is short enough to be listed in a hint."""
_FEW = 4


def hint(step: Step, flow: Flow, open: OpenSession, event: happened.NotUnderstood) -> bool:
    """Say what would be an answer; whether the question itself must be put again.

    A question in between is kept for the visit, or goes to the person at the clinic whom the
    patient waits for, and counts as no attempt; nor do words that we took for a command.
    """
    item = flow.item(event.item)
    if open is not step.open or open.session.pending != event.item:
        step.add_line("hint.unchanged", title=title(flow, item, step.person.language))
        return False
    if is_question(step, event.raw) or wonders(step, event.raw):
        if with_desk.was_asked(step):
            clinic_list.pass_on(step)
        else:
            _keep(step, item, event.raw)
        open.session = structs.replace(open.session, misunderstood=event.attempt - 1)
        return not _offer_beside(step, open, item, event.raw)
    if step.misread:
        open.session = structs.replace(open.session, misunderstood=event.attempt - 1)
    elif event.attempt >= WAY_OUT:
        _show_the_way_out(step, open, item, again=event.attempt > WAY_OUT)
        return False
    elif event.attempt > 1 or step.led_back:
        step.add_line("hint.once-more" if event.attempt > 1 else "hint.this-one")
        return True
    step.say(_short(step, open, item, _what_fits(step, item, event.why)))
    return False


def _offer_beside(step: Step, open: OpenSession, item: Item, raw: str) -> bool:
    """Ask back the answer that stands beside a question of the patient's; False: there is none."""
    beside = answer_beside(step, item, raw)
    if beside is None:
        return False
    open.session = structs.replace(open.session, offered=(beside,), offered_raw=raw)
    if beside == "yes" and item.is_sign:
        open.session = open.session.doubting(item.id, (beside,))
    _offer_one(step, open, item, beside)
    return True


def ask_back(step: Step, flow: Flow, open: OpenSession, event: happened.AskedBack) -> bool:
    """Offer what may have been meant; nothing is stored before the patient chooses.

    Whether the question itself must be put again: nothing was meant but a question in between.
    """
    item = flow.item(event.item)
    if is_remark(step, event.raw):
        _keep(step, item, event.raw)
        if _only_asks(step, item, event.raw):
            return True
    if step.led_back:
        step.add_line("hint.about", title=title(flow, item, step.person.language))
    if len(event.candidates) == 1:
        _offer_one(step, open, item, event.candidates[0])
    else:
        _offer_several(step, open, item, event)
    return False


def _only_asks(step: Step, item: Item, text: str) -> bool:
    """Whether a question merely has a number word in it, such as "is it good to walk?"."""
    in_words = layout(item) is Layout.DIGITS and not any(c.isdigit() for c in text)
    return in_words and remark(step, item, text) == text


def _offer_several(step: Step, open: OpenSession, item: Item, event: happened.AskedBack) -> None:
    message = _bare(step, open, item, event.candidates)
    key = "ask-back.half" if event.why is happened.Why.HALF else "ask-back.several"
    text = step.words.say(key, candidates=_named(step, message.choices))
    in_text = Layout.IN_TEXT if message.layout is Layout.DIGITS else message.layout
    step.say(message._replace(text=text, layout=in_text))


def _keep(step: Step, item: Item, text: str) -> None:
    step.do(Record(step.new_id(), "question", text=remark(step, item, text)))
    step.add_line("keep.in-between")


def _show_the_way_out(step: Step, open: OpenSession, item: Item, *, again: bool) -> None:
    """How else to go on, in fewer words each further time; the clinic hears of it once."""
    safe = item.flag is None and not item.opens
    key = "hint.way-out-again" if again else "hint.way-out"
    text = step.words.say(key if safe else f"{key}-safety", doctor=step.world.clinic.doctor_number)
    lead, step.lead = step.lead, []
    clinic_list.report_unclear(step, open)
    text = "\n".join([text, *step.lead])
    step.lead = lead
    step.say(_short(step, open, item, text, named=False))


def _what_fits(step: Step, item: Item, why: happened.Why) -> str:
    """One sentence that says what would be an answer."""
    if item.kind is ItemKind.TEXT:
        return step.words.say("hint.text")
    if layout(item) is Layout.DIGITS:
        key = "hint.range" if why is happened.Why.OUT_OF_RANGE else "hint.digits"
        return step.words.say(key, low=item.minimum, high=item.maximum)
    return step.words.say(f"hint.{layout(item).value}")


def _short(step: Step, open: OpenSession, item: Item, text: str, *, named: bool = True) -> Message:
    """A hint with the choices, but without the question, which stands right above.

    Long statements stand above as well: then their letters do, in the text if `named`.
    """
    message = _bare(step, open, item, ())
    if message.layout is Layout.LETTERS and message.choices and not _is_brief(item, open):
        text = f"{text} {_named(step, message.choices)}." if named else text
        return message._replace(text=text, layout=Layout.IN_TEXT)
    in_text = Layout.IN_TEXT if message.layout is Layout.DIGITS else message.layout
    return message._replace(text=text, layout=in_text)


def _is_brief(item: Item, open: OpenSession) -> bool:
    words = [option.text[open.session.language] for option in item.options]
    return len(words) <= _FEW and all(len(each) <= _SHORT for each in words)


def _bare(step: Step, open: OpenSession, item: Item, only: tuple[str, ...]) -> Message:
    """The pending question's choices, or `only` some, without text and anchors."""
    message = question(
        item,
        open.session.language,
        step.words,
        place=(1, 1),
        session_id=open.id,
        turn=open.session.turn,
        only=only,
    )
    return message._replace(text="", anchors=None)


def _named(step: Step, choices: Choices) -> str:
    return joined([choice.key for choice in choices], step.words.say("or"))


def _offer_one(step: Step, open: OpenSession, item: Item, candidate: str) -> None:
    place = f"{open.id}.{open.session.turn}"
    say = step.words.say
    choices = Choices(
        [
            Choice(say("key.yes"), say("button.yes"), press_data("q", place, candidate)),
            Choice(say("key.no"), say("button.no"), press_data("n", place)),
        ]
    )
    step.say(
        Message(
            _do_you_mean(step, open, item, candidate),
            choices,
            Layout.YES_NO,
            session_id=open.id,
            turn=open.session.turn,
        )
    )


def _do_you_mean(step: Step, open: OpenSession, item: Item, candidate: str) -> str:
    option = item.option(candidate)
    if option is None:
        meant = label(item, None, int(candidate), step.person.language)
        return step.words.say("ask-back.number", meant=meant)
    words = option.text[open.session.language]
    if item.kind is ItemKind.YES_NO:
        return step.words.say("ask-back.number", meant=words)
    return step.words.say("ask-back.one", meant=f"{letter(item, candidate)}: {words}")
