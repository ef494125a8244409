"""Commands are loaded when they are called."""

from __future__ import annotations

import subprocess
import sys

from typer.testing import CliRunner

from backtrace import cli
from backtrace.cli import app

RUNNER = CliRunner()


def test_every_command_is_there_and_says_what_it_does() -> None:
    for name in (*cli.WHERE, *cli.GROUPS):
        told = RUNNER.invoke(app, [name, "--help"])
        assert told.exit_code == 0, name
        assert f" {name} [OPTIONS]" in told.output, name
    listed = RUNNER.invoke(app, ["--help"]).output
    assert all(name in listed for name in (*cli.WHERE, *cli.GROUPS))


def test_a_mistyped_command_is_answered_with_what_may_be_meant() -> None:
    told = RUNNER.invoke(app, ["outbx"])
    assert told.exit_code == 2
    assert "Did you mean 'outbox'?" in told.output


def test_the_commands_of_the_shell_load_no_web_framework() -> None:
    """They begin in half the time so."""
    code = (
        "import sys; from typer.testing import CliRunner; from backtrace.cli import app\n"
        "for command in ('keys', 'replay', 'outbox'):\n"
        "    CliRunner().invoke(app, [command, '--help'])\n"
        "    found = {'fastapi', 'uvicorn', 'telegram'} & set(sys.modules)\n"
        "    print(command, *found)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.split("\n") == ["keys", "replay", "outbox", ""]
