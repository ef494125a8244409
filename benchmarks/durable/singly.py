"""`python -m benchmarks.durable.singly web --port N`: ours, held to batches of one message."""

from __future__ import annotations

from backtrace.cli import app
from bot import inbox

if __name__ == "__main__":
    inbox.LARGEST_BATCH = 1
    app()
