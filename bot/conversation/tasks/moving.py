"""A new number or another channel: the own code, the place, and a check that it is read there.

A telephone number is checked by six digits that are sent there and typed here. Telegram and the
web chat are entered from the other side, by a link that lets one device in, once.
"""

from __future__ import annotations

from datetime import timedelta

from bot.commands import without_politeness
from bot.conversation import asking, own_code
from bot.conversation.choices import is_no
from bot.conversation.effects import (
    AddAddress,
    Audit,
    CountTry,
    MakeCode,
    MakeLink,
    PreferAddress,
    SendCheck,
)
from bot.conversation.own_code import Tried
from bot.conversation.step import Step
from bot.enrolment_codes import new_code, shown_code
from bot.phone import ending_of, read_number, shown_number
from trajectory.address_checks import ATTEMPTS, DIGITS, MOST_A_DAY, Check
from trajectory.patients import LOCKED, Address

NAME = "moving"
LINK_LIFE = timedelta(hours=1)
"""How long the way in from another device is open."""
MOVE, ADD, USE = "move", "add", "use"
"""Whether the new address is written to first, and whether the older ones of its channel are
closed: both, neither, or the first alone.
"""
_BY_NUMBER = ("sms", "whatsapp")
_NAMES = {
    "sms": "sms",
    "text": "sms",
    "whatsapp": "whatsapp",
    "whats app": "whatsapp",
    "telegram": "telegram",
    "web": "web",
    "web chat": "web",
    "webchat": "web",
}


def begin(step: Step, how: str, number: str = "", channel: str = "") -> None:
    """Ask for the own code first; `number` as it was written, `channel` empty: the one here."""
    channel = channel or _here(step)
    refused = _refused(step, channel)
    if refused:
        step.add_line(refused)
        asking.repeat(step)
        return
    step.begin(NAME, "code", how=how, number=number, channel=channel, address="")
    ask(step)


def _refused(step: Step, channel: str) -> str:
    """Why there is no way to that channel, before anything is asked for it; empty: there is."""
    bot = channel != "telegram" or step.world.clinic.telegram_bot
    if channel not in step.world.channels or not bot:
        return "moving.off"
    if not step.person.code:
        return "moving.no-code"
    return "code.locked" if own_code.is_locked(step) else ""


def _here(step: Step) -> str:
    """The channel that a number is for when nobody says so: this one, if it goes by numbers."""
    on = [each for each in _BY_NUMBER if each in step.world.channels]
    return step.channel if step.channel in on else next(iter(on), _BY_NUMBER[0])


def ask(step: Step) -> None:
    """Put the question of the present step."""
    assert step.memory.task is not None
    match step.memory.task.step:
        case "code":
            step.offer("code.ask")
        case "number":
            step.offer("moving.number")
        case "check":
            number = shown_number(step.memory.task.data["address"])
            step.offer("moving.check", number=number)


def reply(step: Step, text: str, option: str | None) -> None:
    """Take the answer to the present step; a plain no leaves all as it was."""
    assert step.memory.task is not None
    present = step.memory.task.step
    if is_no(step, text):
        asking.leave(step, "task.left")
    elif present == "code":
        _take_code(step, text)
    elif present == "number":
        _take_number(step, text)
    else:
        _take_check(step, text)


def use(step: Step, channel: str) -> None:
    """Write to the patient on this channel from now on, or find out where that is."""
    here = [each for each in step.addresses if each.channel == channel and _works(each)]
    if here:
        _prefer(step, here[-1])
        asking.repeat(step)
    else:
        begin(step, USE, channel=channel)


def tell_where(step: Step) -> None:
    """Say where the patient is reached, the numbers by their ends: others may read along."""
    step.add_line("moving.where")
    for address in filter(_works, step.addresses):
        first = step.words.say("moving.first") if address.preferred else ""
        step.lead.append(f"- {_named(step, address.channel, address.value)}{first}")
    asking.repeat(step)


def _works(address: Address) -> bool:
    return address.status == "active"


def _named(step: Step, channel: str, address: str) -> str:
    if channel in _BY_NUMBER:
        return step.words.say(f"moving.place.{channel}", ending=ending_of(address))
    return step.words.say(f"moving.place.{channel}")


def _prefer(step: Step, address: Address) -> None:
    step.do(PreferAddress(address.id))
    step.do(Audit("address-preferred"))
    step.add_line("moving.prefers", place=_named(step, address.channel, address.value))


def _take_code(step: Step, text: str) -> None:
    match own_code.try_code(step, text):
        case Tried.RIGHT:
            _go_on(step)
        case Tried.LOCKED:
            asking.leave(step, "code.locked")
        case Tried.WRONG | Tried.WORDS as tried:
            step.add_line(f"code.{tried.value}")
            ask(step)


def _go_on(step: Step) -> None:
    assert step.memory.task is not None
    task = step.memory.task
    task.step = "number"
    if task.data["channel"] not in _BY_NUMBER:
        _offer_way_in(step, task.data["channel"])
    elif task.data["number"]:
        _take_number(step, task.data["number"])
    else:
        ask(step)


def _take_number(step: Step, text: str) -> None:
    assert step.memory.task is not None
    task = step.memory.task
    named = _NAMES.get(without_politeness(text).casefold())
    if named is not None:
        task.data["channel"], task.data["number"] = named, ""
        _go_on(step)
        return
    number = read_number(text, step.person.timezone, step.world.clinic.timezone)
    if number is None:
        step.add_line("moving.not-a-number")
        ask(step)
    else:
        _take_address(step, task.data["channel"], number)


def _take_address(step: Step, channel: str, number: str) -> None:
    """What is known of the number already decides; nobody is told what others have."""
    assert step.memory.task is not None
    known = [each for each in step.addresses if (each.channel, each.value) == (channel, number)]
    if known and known[0].status == LOCKED:
        asking.leave(step, "moving.not-possible", clinic=step.world.clinic.name)
    elif known and _works(known[0]) and step.memory.task.data["how"] == ADD:
        asking.leave(step, "moving.done.add", number=shown_number(number))
    elif known and _works(known[0]):
        _prefer(step, known[0])
        step.memory.task = None
        asking.repeat(step)
    elif channel not in step.world.channels:
        asking.leave(step, "moving.off")
    elif len(step.checks) >= MOST_A_DAY:
        asking.leave(step, "moving.too-many")
    else:
        _send_check(step, channel, number)


def _send_check(step: Step, channel: str, number: str) -> None:
    assert step.memory.task is not None
    digits = step.world.chance.digits(DIGITS)
    text = step.words.say("moving.digits", digits=digits, clinic=step.world.clinic.name)
    step.do(SendCheck(channel, number, digits, text))
    task = step.memory.task
    task.step, task.data["address"] = "check", number
    step.add_line("moving.sent", number=shown_number(number))
    ask(step)


def _take_check(step: Step, text: str) -> None:
    check = _sent(step)
    if check is None or not check.is_open(step.now):
        asking.leave(step, "moving.expired")
        return
    digits = "".join(each for each in text if each.isdecimal())
    if len(digits) != DIGITS:
        ask(step)
        return
    step.do(CountTry(check.id))
    if check.is_right(digits):
        _finish(step, check)
    elif check.attempts + 1 >= ATTEMPTS:
        asking.leave(step, "moving.expired")
    else:
        step.add_line("moving.wrong-digits")
        ask(step)


def _sent(step: Step) -> Check | None:
    assert step.memory.task is not None
    data = step.memory.task.data
    place = (data["channel"], data["address"])
    return next((each for each in step.checks if (each.channel, each.address) == place), None)


def _finish(step: Step, check: Check) -> None:
    assert step.memory.task is not None
    if check.taken:
        asking.leave(step, "moving.not-possible", clinic=step.world.clinic.name)
        return
    how = step.memory.task.data["how"]
    new = AddAddress(check.id, check.channel, check.address, prefers=how != ADD, closes=how == MOVE)
    step.do(new)
    step.do(Audit("address-moved" if how == MOVE else "address-added"))
    asking.leave(step, f"moving.done.{how}", number=shown_number(check.address))


def _offer_way_in(step: Step, channel: str) -> None:
    """A link that is opened on the other device; who opens it is asked for the own code there."""
    clinic = step.world.clinic
    if channel == "web" and channel in step.world.channels:
        token = step.world.chance.token()
        step.do(MakeLink(token, LINK_LIFE))
        link = f"{clinic.public_url}/chat/in/{token}"
        key = "moving.open.web"
    elif channel == "telegram" and channel in step.world.channels and clinic.telegram_bot:
        code = new_code(step.world.chance.random)
        step.do(MakeCode(code, LINK_LIFE))
        link = f"https://t.me/{clinic.telegram_bot}?start={shown_code(code)}"
        key = "moving.open.telegram"
    else:
        asking.leave(step, "moving.off")
        return
    step.do(Audit("way-in-made"))
    asking.leave(step, key, link=link)
