"""What becomes of a message that did not go out, or did not arrive, by the class of its trouble."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self

import structlog
from sqlalchemy import Row

from bot.channels import NotSent, Trouble
from bot.deployment import Deployment
from bot.due import BOUNCED, REROUTE
from bot.messages import Priority
from bot.outcomes import Outcome

FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=6)
MOST_ATTEMPTS = 12
UNKNOWN_ATTEMPTS = 3
"""How often something is sent whose provider gives a reason that says nothing."""
MENDING_WAIT = timedelta(minutes=15)
"""How often a message tries again that waits for the operator to mend a setting."""
DOUBT_WAIT = timedelta(hours=1)
"""An address in doubt gets so much time: its phone may only be switched off."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Tried:
    """A message and its attempt. `address_id` None: nothing is known of where it goes."""

    outbox_id: int
    attempt: int
    channel: str
    priority: int = int(Priority.REPLY)
    patient_id: int | None = None
    address_id: int | None = None
    member_id: int | None = None

    @classmethod
    def of(cls, row: Row[Any], attempt: int) -> Self:
        """A row of the outbox."""
        return cls(
            row.id,
            attempt,
            row.channel,
            int(row.priority),
            row.patient_id,
            row.address_id,
            row.member_id,
        )

    @property
    def is_for_safety(self) -> bool:
        """Whether it says what to do about a warning sign."""
        return self.priority == Priority.SAFETY and self.member_id is None


def not_sent(
    deployment: Deployment, tried: Tried, trouble: NotSent, *, last: bool = False
) -> Outcome:
    """What becomes of it now; `last`: where nobody knows again, it is left at that."""
    now, kind = deployment.clock.now(), trouble.trouble
    if kind is Trouble.CONFIGURATION:
        deployment.states.waits(tried.channel, trouble.code)
    else:
        _log.warning(
            "not sent",
            outbox_id=tried.outbox_id,
            channel=tried.channel,
            trouble=kind.value,
            code=trouble.code,
        )
    outcome = judge(tried, trouble, now, fraction=deployment.chance.fraction())
    if last and kind is Trouble.UNKNOWN:
        mishap = REROUTE if tried.is_for_safety else ""
        return replace(outcome, status="unknown", ready_at=now, mishap=mishap)
    return outcome


def judge(
    tried: Tried,
    trouble: NotSent,
    now: datetime,
    *,
    fraction: float,
    most: int = MOST_ATTEMPTS,
) -> Outcome:
    """Again later where that may help, else never; an address that is gone is not used again.

    Where a setting of ours is wrong the message waits until it is mended, questions no longer
    than `outbox.HOLDS_FOR`. A safety message that is given up always has somebody look after it.
    `fraction`, from 0 up to 1, is by chance: what failed together is not tried again together.
    """
    kind, attempt = trouble.trouble, tried.attempt
    wait = _wait(tried, trouble, most, fraction)
    outcome = Outcome(
        tried.outbox_id,
        attempt,
        "dead" if wait is None else "ready",
        now + (wait or timedelta()),
        error=str(trouble),
        doubted=tried.address_id if kind is Trouble.DOUBTFUL else None,
        patient_id=tried.patient_id,
        address_id=tried.address_id,
        member_id=tried.member_id,
        counted=kind is not Trouble.CONFIGURATION,
        channel=tried.channel,
        trouble=kind.value,
    )
    if kind is Trouble.GONE:
        return replace(outcome, gone=tried.address_id, mishap=_mishap(tried))
    if wait is None and tried.is_for_safety:
        return replace(outcome, mishap=REROUTE)
    return outcome


def _wait(tried: Tried, trouble: NotSent, most: int, fraction: float) -> timedelta | None:
    """How long until the next attempt; None: there is none.

    What the provider asks for is never cut short, what we choose ourselves by up to half.
    """
    kind, shorter = trouble.trouble, 1 - fraction / 2
    if kind is Trouble.CONFIGURATION:
        return MENDING_WAIT * shorter
    if kind in (Trouble.GONE, Trouble.CONTENT) or tried.attempt >= most:
        return None
    if kind is Trouble.DOUBTFUL and not tried.is_for_safety:
        return trouble.wait or DOUBT_WAIT
    return trouble.wait or min(FIRST_WAIT * 2 ** (tried.attempt - 1), LONGEST_WAIT) * shorter


def _mishap(tried: Tried) -> str:
    if tried.member_id is not None:
        return BOUNCED
    return REROUTE if tried.address_id is not None else ""
