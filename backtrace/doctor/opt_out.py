"""What is pasted at Twilio, so that it knows our patients' words for stopping and starting."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from backtrace.settings import Settings
from templates.catalogue import load_catalogues
from templates.command_words import load_command_words


def text_to_paste(settings: Settings) -> str:
    """Keywords and replies for Twilio's Advanced Opt-Out, in each language."""
    return "\n".join(_lines(settings))


def _lines(settings: Settings) -> Iterator[str]:
    yield "For Twilio: Messaging Services, your service, Opt-Out Management, Advanced Opt-Out."
    catalogues = load_catalogues("messages")
    for language, command_words in load_command_words().items():
        words, commands = catalogues[language], command_words.commands
        yield ""
        yield f"{words.say('language.name')} ({language})"
        for kind, keywords in (
            ("stop", command_words.opt_outs),
            ("start", _single(commands["start"])),
            ("help", _single(commands["help"])),
        ):
            reply = words.say(
                f"carrier.{kind}",
                clinic=settings.clinic_name,
                emergency=settings.emergency_number,
            )
            yield f"  {kind}: {', '.join(sorted(word.upper() for word in keywords))}"
            yield f"    {reply}"


def _single(patterns: Sequence[str]) -> list[str]:
    """Twilio takes single words only."""
    return [pattern for pattern in patterns if pattern.isalpha()]
