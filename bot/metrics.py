"""What a process counts of its own work. Channels, outcomes and seconds; never a person."""

from __future__ import annotations

from functools import cache

from prometheus_client import Counter, Histogram

from trajectory.database import Unavailable

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_NUMBERS = (1, 2, 5, 10, 20, 50, 100, 200)

TURNS = Counter(
    "backtrace_turns",
    "Messages that came in, by channel and outcome: stored (or known already), unavailable, error",
    ("channel", "outcome"),
)
TURN_SECONDS = Histogram(
    "backtrace_turn_seconds",
    "Seconds from when a message was handed over until it was committed",
    ("channel",),
    buckets=_SECONDS,
)
BATCH = Histogram("backtrace_inbox_batch", "Messages that one transaction took", buckets=_NUMBERS)
SET_ASIDE = Counter("backtrace_inbox_set_aside", "Messages that the conversation could not digest")
DISPATCHED = Histogram(
    "backtrace_dispatch_batch",
    "Patients for whom one transaction did what was due",
    buckets=_NUMBERS,
)
OUTCOMES = Counter(
    "backtrace_outbox_outcomes",
    "What came of messages, by channel: sent, delivered, read, retry, unknown, dead; and why",
    ("channel", "outcome", "trouble"),
)


@cache
def _turns(channel: str, outcome: str) -> Counter:
    return TURNS.labels(channel, outcome)


@cache
def _turn_seconds(channel: str) -> Histogram:
    return TURN_SECONDS.labels(channel)


def count_turn(channel: str, error: Exception | None, seconds: float) -> None:
    """A message that was handed over has been dealt with."""
    unstored = "unavailable" if isinstance(error, Unavailable) else "error"
    outcome = "stored" if error is None else unstored
    _turns(channel, outcome).inc()
    if outcome == "stored":
        _turn_seconds(channel).observe(seconds)


def count_outcome(channel: str, outcome: str, trouble: str = "") -> None:
    """An attempt has come to this; `ready` is one that is made again."""
    OUTCOMES.labels(channel, "retry" if outcome == "ready" else outcome, trouble).inc()
