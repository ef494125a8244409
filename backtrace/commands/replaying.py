"""`backtrace replay`, by itself: it needs no deployment."""

from __future__ import annotations

import typer

from backtrace.replay_cli import replay

app = typer.Typer()
app.command()(replay)
