"""`backtrace professional`: the clinic's directory."""

from __future__ import annotations

import typer

from backtrace import professional_cli
from backtrace.commands.starting import start, tell
from trajectory.professionals import Professional

app = typer.Typer(
    help="The clinic's directory: professionals who sign in at /pro.", no_args_is_help=True
)


@app.command("add")
def add_professional(
    name: professional_cli.Name,
    email: professional_cli.Address,
    role: professional_cli.Role = "physiotherapist",
    sector: professional_cli.Sector = "primary",
    language: professional_cli.Language = "da",
) -> None:
    """Put somebody into the directory, and mail an invitation."""
    newcomer = Professional(0, name, email, role, sector, language)
    start(lambda settings: tell(professional_cli.add(settings, newcomer)))


@app.command("list")
def list_professionals() -> None:
    """Print who is in the directory, and whether they can sign in."""
    start(lambda settings: tell(professional_cli.listed(settings)))


@app.command("invite")
def invite_professional(number: professional_cli.Number) -> None:
    """Mail an invitation again, where the one before was lost or is too old."""
    start(lambda settings: tell(professional_cli.invite(settings, number)))


@app.command("reset")
def reset_professional(number: professional_cli.Number) -> None:
    """A phone is lost: end every sign-in and the authenticator, and mail an invitation."""
    start(lambda settings: tell(professional_cli.reset(settings, number)))


@app.command("remove")
def remove_professional(number: professional_cli.Number) -> None:
    """Take somebody out: signed out at once, and no patient shares with them any more."""
    start(lambda settings: tell(professional_cli.remove(settings, number)))
