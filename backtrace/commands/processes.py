"""Processes that go on: `serve`, `web`, `worker`, `demo`, and the tables that they need."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from backtrace import running
from backtrace.commands.starting import Host, Port, refused_in_words, start
from backtrace.demo.running import run as run_demo
from backtrace.settings import Settings
from trajectory.database import exclusive
from trajectory.migrations import upgrade

app = typer.Typer()


@app.command()
def serve(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Run everything in one process: the embedded default, on SQLite."""
    start(lambda settings: running.serve(settings, host, port, typer.echo))


@app.command()
def web(host: Host = "127.0.0.1", port: Port = 8000) -> None:
    """Run the web side: chats and professionals' pages."""
    start(lambda settings: running.web(settings, host, port, typer.echo))


@app.command()
def worker() -> None:
    """Run the ticking side: what falls due, and what is to be sent."""
    start(lambda settings: running.worker(settings, typer.echo))


@app.command()
def migrate() -> None:
    """Bring the database to the newest revision."""

    def bring_up(settings: Settings) -> None:
        with exclusive(settings.database_url):
            upgrade(settings.database_url)

    start(bring_up)


@app.command()
def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    database: Annotated[Path, typer.Option(help="Where the demo keeps everything.")] = Path(
        "demo.db"
    ),
) -> None:
    """Show the whole product on one screen, with invented people and a clock that jumps."""
    with refused_in_words():
        run_demo(database, host, port, typer.echo)
