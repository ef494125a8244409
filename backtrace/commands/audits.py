"""`backtrace audit`."""

from __future__ import annotations

from typing import Annotated

import typer

from backtrace import audit_cli
from backtrace.clock import SystemClock
from backtrace.commands.starting import start, tell

app = typer.Typer(help="Who did what with patients' data.", no_args_is_help=True)


@app.command()
def verify(
    patient: Annotated[int | None, typer.Option(min=1, max=2**63 - 1, help="Only theirs.")] = None,
    root: Annotated[
        str, typer.Option(help="A root out of a process's log, that the audit log must contain.")
    ] = "",
) -> None:
    """Find every record that was changed, removed, inserted or cut off; 1 if there is one."""
    verdict = audit_cli.Verdict()
    now = SystemClock().now()
    start(lambda settings: tell(audit_cli.verify(settings, verdict, now, patient, root)))
    if not verdict.whole:
        raise typer.Exit(1)
