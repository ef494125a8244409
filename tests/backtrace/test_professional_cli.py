"""The clinic puts people into its directory at the command line, and takes them out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.house.command import backtrace

MAIL = {"BACKTRACE_SMTP_URL": "smtp://127.0.0.1:1"}


def professional(folder: Path, *arguments: str) -> str:
    done = backtrace("professional", *arguments, folder=folder, **MAIL)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_somebody_comes_is_listed_is_reset_and_leaves(tmp_path: Path) -> None:
    backtrace("migrate", folder=tmp_path)
    added = professional(tmp_path, "add", "Anne Skov", "anne@klinik.example", "--language", "en")
    number = added.split()[1]
    listed = professional(tmp_path, "list").splitlines()
    assert listed[1].split() == [
        number, "Anne", "Skov", "anne@klinik.example", "physiotherapist", "primary", "en",
        "invited",
    ]  # fmt: skip
    assert "once, for a week" in professional(tmp_path, "invite", number)
    assert "Signed out everywhere" in professional(tmp_path, "reset", number)
    assert "out of the care teams of 0 patients" in professional(tmp_path, "remove", number)
    assert len(professional(tmp_path, "list").splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add", "Anne", "no address"), "write a name and an e-mail address"),
        (("add", "Anne", "a@b.example", "--role", "employer"), "--role is one of"),
        (("add", "Anne", "a@b.example", "--sector", "space"), "--sector is one of"),
        (("add", "Anne", "a@b.example", "--language", "fr"), "--language is one of da, en"),
        (("invite", "7"), "nobody of the directory has this number"),
        (("remove", "7"), "nobody of the directory has this number"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(
    tmp_path: Path, arguments: tuple[str, ...], says: str
) -> None:
    backtrace("migrate", folder=tmp_path)
    refused = backtrace("professional", *arguments, folder=tmp_path, **MAIL)
    assert refused.returncode == 2
    assert says in refused.stderr


def test_without_mail_nobody_can_be_invited(tmp_path: Path) -> None:
    backtrace("migrate", folder=tmp_path)
    refused = backtrace("professional", "add", "Anne", "a@b.example", folder=tmp_path)
    assert refused.returncode == 2
    assert "BACKTRACE_SMTP_URL" in refused.stderr
