"""Which next steps patients are told: those that a clinician has signed, in production no other."""

from __future__ import annotations

from backtrace.settings import Settings
from flows.errors import Refusal
from templates.next_steps import BadSignatures, NextStep, next_steps, signed


class SignaturesUnread(Refusal):
    """The file of signatures is not one; the message says how it should look."""


def all_steps(settings: Settings) -> tuple[NextStep, ...]:
    """Every step, with the name under it of who has signed its text.

    Raises:
        SignaturesUnread: the file of signatures cannot be read.
    """
    file = settings.next_steps_signed
    if file is None:
        return next_steps()
    try:
        return signed(next_steps(), file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        raise SignaturesUnread(f"BACKTRACE_NEXT_STEPS_SIGNED: {file} cannot be read") from None
    except BadSignatures as error:
        raise SignaturesUnread(f"BACKTRACE_NEXT_STEPS_SIGNED: {file}: {error}") from None


def told_steps(settings: Settings) -> tuple[NextStep, ...]:
    """The steps that patients are told; in production only signed ones.

    Raises what `all_steps` raises.
    """
    steps = all_steps(settings)
    if settings.env != "production":
        return steps
    return tuple(step for step in steps if step.signed_by)


def listed(settings: Settings) -> str:
    """Every step with its text, its digest and who has signed it, for a clinician to read.

    Raises what `all_steps` raises.
    """
    return "\n\n".join(map(_told, all_steps(settings)))


def _told(step: NextStep) -> str:
    texts = "\n".join(f"  {language}: {text}" for language, text in sorted(step.text.items()))
    by = f"signed by {step.signed_by}" if step.signed_by else "signed by nobody"
    return (
        f"{step.id} (version {step.version}, {step.kind})  {by}\n"
        f"  digest: {step.digest}\n  source: {step.source}\n{texts}"
    )
