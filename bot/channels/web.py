"""The web chat: buttons carry their full words, and the page reads the sent row itself."""

from __future__ import annotations

from bot.channels import Parcel
from bot.doorbell import Doorbell
from bot.messages import Button, Choice, Layout, Message, Rendered
from templates.catalogue import Catalogue


class WebChat:
    """Sends by ringing: open pages then look for what is new."""

    name = "web"

    def __init__(self, doorbell: Doorbell) -> None:
        self._doorbell = doorbell

    def send(self, parcel: Parcel) -> str | None:
        """Ring at the patient's pages; a page that is closed reads the message when opened."""
        if parcel.patient_id is not None:
            self._doorbell.ring(parcel.patient_id)
        return None


def render(message: Message, words: Catalogue) -> Rendered:
    """The text, with what the ends of a scale mean under it, and one button a choice."""
    buttons = tuple(
        Button(_label(message.layout, choice), message.place + choice.data)
        for choice in message.choices
    )
    return Rendered(_with_anchors(message, words), buttons, picture=message.picture)


def _label(layout: Layout, choice: Choice) -> str:
    match layout:
        case Layout.LETTERS:
            return f"{choice.key}: {choice.words}"
        case Layout.DIGITS | Layout.IN_TEXT:
            return choice.key
        case Layout.YES_NO:
            return choice.words


def _with_anchors(message: Message, words: Catalogue) -> str:
    if message.anchors is None:
        return message.text
    lowest, highest = message.anchors
    low, high = message.choices[0].key, message.choices[-1].key
    hint = words.say("hint.anchors", low=low, lowest=lowest, high=high, highest=highest)
    return f"{message.text}\n{hint}"
