"""Structured logs on standard error: ids and classes, never addresses or message text."""

from __future__ import annotations

import logging
import sys

import structlog


def start_logging(production: bool) -> None:
    """JSON lines in production, readable lines in development."""
    renderer = (
        structlog.processors.JSONRenderer()
        if production
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso"),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    for noisy in ("uvicorn.access", "sqlalchemy"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    # It warns of each second in which a tick is still busy, which is how ticks are meant to be.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)
