"""The threat model and the data-protection page promise only what tests show and the code does."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from backtrace.settings import Settings
from bot.conversation.tasks.exporting import DAYS
from trajectory.key_history import BACKUPS

ROOT = Path(__file__).parent.parent
THREATS = (ROOT / "docs/threat-model.md").read_text("utf-8")
DPIA = (ROOT / "docs/dpia.md").read_text("utf-8")
NAMED = re.findall(r"`(tests/\S+?\.py)::(\w+)`", THREATS)


@cache
def functions_of(file: str) -> set[str]:
    tree = ast.parse((ROOT / file).read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


@pytest.mark.parametrize(("file", "name"), sorted(set(NAMED)))
def test_a_test_that_is_named_exists(file: str, name: str) -> None:
    assert name in functions_of(file)


def test_every_threat_names_a_test() -> None:
    rows = [line for line in THREATS.splitlines() if line.count("|") == 4 and "`tests" not in line]
    assert {row.split("|")[1].strip() for row in rows} == {"threat", "---"}
    assert len(NAMED) > 40


def fields_of_logs() -> Iterator[str]:
    """What the code gives to a log line beside its words."""
    for folder in ("api", "bot", "trajectory", "backtrace"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_log."):
                    yield from (keyword.arg or "" for keyword in node.keywords)


def test_logs_hold_the_fields_that_are_listed() -> None:
    (listed,) = re.findall(r"to it: `([\w ,]+)`", " ".join(DPIA.split()))
    assert sorted(listed.split(", ")) == sorted(set(fields_of_logs()))


def test_days_are_those_of_the_code() -> None:
    said = dict(re.findall(r"^\| (.+?) \| (\d+) \|$", DPIA, re.MULTILINE))
    settings = Settings.model_fields
    assert [int(days) for days in said.values()] == [
        settings["keep_messages_days"].default,
        settings["keep_strangers_days"].default,
        settings["keep_access_days"].default,
        BACKUPS.days,
    ]
    assert f"due within {DAYS} days" in DPIA


@pytest.mark.parametrize("text", [THREATS, DPIA], ids=["threat-model", "dpia"])
def test_pages_that_are_linked_exist(text: str) -> None:
    for link in re.findall(r"\]\(([\w./-]+)(?:#[\w-]+)?\)", text):
        assert (ROOT / "docs" / link).is_file(), link


HASHED = {
    "bot/channels/returns.py": "return addresses of mails",
    "bot/opaque_ids.py": "ids of Telegram messages",
    "trajectory/_addresses.py": "their addresses",
    "trajectory/address_checks.py": "codes for a new address",
    "trajectory/audit_log.py": "lines of the audit log",
    "trajectory/copy_access.py": "a patient's copy",
    "trajectory/enrolment_codes.py": "enrolment codes",
    "trajectory/enrolment_marks.py": "marks of who was enrolled",
    "trajectory/enrolment_requests.py": "answers to programs that enrol",
    "trajectory/finding.py": "beginnings of their names",
    "trajectory/grants/_codes.py": "their codes",
    "trajectory/grants/_given.py": "professionals' links",
    "trajectory/grants/_viewings.py": "open pages of professionals",
    "trajectory/professionals.py": "addresses of the directory",
    "trajectory/room_codes.py": "codes said in the room",
    "trajectory/rotation.py": "`keys rotate`",
    "trajectory/sign_ins.py": "sign-ins from the directory",
    "trajectory/tablet_access.py": "tablets of the clinic's",
    "trajectory/traces.py": "tries of strangers and of professionals",
    "trajectory/web_access.py": "devices of the web chat",
    "trajectory/web_codes.py": "links to the web chat",
}
"""Where something is found by a hash of the ring, and how docs/keys.md calls it."""


def test_the_page_about_keys_says_what_becomes_of_all_that_is_hashed_with_them() -> None:
    files = [file for folder in ("bot", "trajectory") for file in (ROOT / folder).rglob("*.py")]
    hashing = {
        str(file.relative_to(ROOT))
        for file in files
        if re.search(r"ring\.find_hash(es)?\(", file.read_text("utf-8"))
    }
    assert hashing == HASHED.keys()
    keys = " ".join((ROOT / "docs/keys.md").read_text("utf-8").split())
    assert [words for words in HASHED.values() if words not in keys] == []
