"""`backtrace staff`: people and programs at the clinic's desk."""

from __future__ import annotations

from typing import Annotated

import typer

from backtrace import desk_cli, professional_cli, staff_cli
from backtrace.commands.starting import start, tell
from trajectory.staff_tokens import Role

app = typer.Typer(
    help="Who works at the clinic's desk, and the tokens of its programs.", no_args_is_help=True
)
token_app = typer.Typer(help="What programs show to be let in.", no_args_is_help=True)
app.add_typer(token_app, name="token")


Roles = Annotated[
    list[Role], typer.Option("--role", help="At the desk; several times for several roles.")
]


@app.command("add")
def add_staff(
    name: professional_cli.Name,
    email: professional_cli.Address,
    role: Roles,
    language: professional_cli.Language = "da",
) -> None:
    """Give somebody a place at the clinic's desk, /desk, and mail an invitation."""
    start(lambda settings: tell(desk_cli.add(settings, name, email, language, role)))


@app.command("list")
def list_staff() -> None:
    """Print who works at the desk, with which roles, and whether they can sign in."""
    start(lambda settings: tell(desk_cli.listed(settings)))


@app.command("roles")
def set_staff_roles(number: professional_cli.Number, role: Roles = ()) -> None:  # type: ignore[assignment]
    """Give somebody these roles at the desk and no others; none: the desk is closed to them."""
    start(lambda settings: tell(desk_cli.set_roles(settings, number, role)))


@app.command("invite")
def invite_staff(number: professional_cli.Number) -> None:
    """Mail an invitation again, where the one before was lost or is too old."""
    start(lambda settings: tell(professional_cli.invite(settings, number)))


@app.command("reset")
def reset_staff(number: professional_cli.Number) -> None:
    """A phone is lost: end every sign-in and the authenticator, and mail an invitation."""
    start(lambda settings: tell(professional_cli.reset(settings, number)))


@app.command("remove")
def remove_staff(number: professional_cli.Number) -> None:
    """Take somebody out: signed out at once, and out of the directory if they were in it."""
    start(lambda settings: tell(professional_cli.remove(settings, number)))


@token_app.command(name="new")
def new_token(
    name: Annotated[str, typer.Argument(help="What you call it, such as booking.")],
    role: Annotated[
        list[Role], typer.Option(help="What it may do; several times for several roles.")
    ],
) -> None:
    """Make a token and print it, this once: only its hash is kept."""
    start(lambda settings: tell(staff_cli.new(settings, name, role)))


@token_app.command(name="list")
def list_tokens() -> None:
    """Print which tokens there are, what each may do, and when it was used last."""
    start(lambda settings: tell(staff_cli.listed(settings)))


@token_app.command(name="revoke")
def revoke_token(
    number: Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="As `list` prints it.")],
) -> None:
    """Let a token do nothing any more, at once."""
    start(lambda settings: staff_cli.revoke(settings, number))
