"""`backtrace staff`: the clinic's desk gets its people."""

from __future__ import annotations

from pathlib import Path

from tests.backtrace.test_professional_cli import MAIL
from tests.house.command import backtrace

OLE = ("add", "Ole Bay", "ole@nord.example", "--role", "operator")


def run(folder: Path, *arguments: str) -> str:
    done = backtrace("staff", *arguments, folder=folder, **MAIL)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(folder: Path, *arguments: str) -> str:
    done = backtrace("staff", *arguments, folder=folder, **MAIL)
    assert done.returncode == 2
    return done.stderr


def test_the_first_operator_gives_the_next_ones_their_roles(tmp_path: Path) -> None:
    assert backtrace("migrate", folder=tmp_path).returncode == 0
    number = run(tmp_path, *OLE).split()[1]
    other = run(
        tmp_path, "add", "Mette Dam", "m@nord.example", "--role", "secretary", "--role", "operator"
    ).split()[1]
    listed = run(tmp_path, "list")
    assert "operator, secretary" in listed
    assert "invited" in listed
    run(tmp_path, "roles", other, "--role", "secretary")
    assert "keeps that role" in refused(tmp_path, "roles", number)
    assert "keeps that role" in refused(tmp_path, "remove", number)
    assert "enrol" in refused(tmp_path, "roles", other, "--role", "enrol")
    run(tmp_path, "remove", other)
    assert "m@nord.example" not in run(tmp_path, "list")


def test_somebody_of_the_directory_keeps_their_sign_in(tmp_path: Path) -> None:
    assert backtrace("migrate", folder=tmp_path).returncode == 0
    added = backtrace("professional", "add", "Anne", "anne@k.example", folder=tmp_path, **MAIL)
    number = added.stdout.split()[1]
    said = run(tmp_path, "add", "Anne", "anne@k.example", "--role", "clinician")
    assert f"staff {number}" in said
    assert "same sign-in" in said
    listed = backtrace("professional", "list", folder=tmp_path, **MAIL).stdout
    assert "anne@k.example" in listed
