"""What a flow costs by SMS: operators charge for segments, not for messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot.channels import sms
from bot.conversation.in_one import asked_in_one
from bot.conversation.questions import question
from bot.messages import Message
from bot.segments import segments
from flows.library import Library
from flows.model import Flow
from templates.catalogue import Catalogue

COMMAND = "backtrace flows costs"


def messages(flow: Flow, words: Catalogue) -> list[Message]:
    """What a patient is sent who answers every question: conditions are taken as fulfilled."""
    language, total = words.language, len(flow.items)
    asked = [
        question(item, language, words, place=(number, total), session_id=1, turn=number)
        for number, item in enumerate(flow.items, start=1)
    ]
    if flow.intro is not None:
        asked[0] = asked[0]._replace(text=f"{flow.intro[language]}\n{asked[0].text}")
    closing = [] if flow.closing is None else [Message(flow.closing[language])]
    return asked + closing


def costs_page(library: Library, catalogues: Mapping[str, Catalogue]) -> str:
    """A Markdown page with a row for each flow and language."""
    return "\n".join(_lines(library, catalogues))


def _lines(library: Library, catalogues: Mapping[str, Catalogue]) -> Iterator[str]:
    yield from (
        "# What the questions cost by SMS",
        "",
        f"Written by `{COMMAND}`; a test holds the numbers. A segment is what operators charge",
        "for: 160 characters of the GSM alphabet alone, 153 in parts. Counted with every question",
        "asked, the introduction and the closing words included, and nothing asked back. Under",
        "`BACKTRACE_SMS_ANSWERS=link` a questionnaire costs one segment: the link.",
        "",
        "| | questions | messages | segments | first | longest | all in one message |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    )
    for flow in library.flows.values():
        for language in sorted(set(flow.languages) & set(catalogues)):
            yield _row(flow, catalogues[language])
    yield ""


def _row(flow: Flow, words: Catalogue) -> str:
    counted = [segments(sms.render(each, words).text) for each in messages(flow, words)]
    numbers = (len(flow.items), len(counted), sum(counted), counted[0], max(counted))
    name = f"{flow.title[words.language]} ({words.language})"
    return f"| {name} | {' | '.join(map(str, numbers))} | {_in_one(flow, words)} |"


def _in_one(flow: Flow, words: Catalogue) -> str:
    """Segments where all is asked in one message, which takes briefs of its questions."""
    if any(item.brief is None for item in flow.items):
        return "-"
    return str(segments(asked_in_one(flow.items, words, words.language)))
