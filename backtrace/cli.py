"""The command line: `backtrace COMMAND`."""

from __future__ import annotations

import typer

from backtrace.flows_cli import app as flows_app
from backtrace.replay_cli import replay

app = typer.Typer(
    help="Low back pain check-ins by chat.", no_args_is_help=True, pretty_exceptions_enable=False
)
app.add_typer(flows_app, name="flows")
app.command()(replay)
