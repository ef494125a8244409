"""What each role may do: the table in docs/, and what must hold whatever it says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.desk.permissions import MAY, Task, may
from templates.words import Words
from tests.house.golden import compare
from trajectory.staff_tokens import Role

DOCS = Path(__file__).parent.parent.parent.parent / "docs" / "roles.md"
roles = st.frozensets(st.sampled_from(Role))
PATIENTS = set(Task) - {
    Task.DIRECTORY, Task.SEE_RUNNING, Task.RESEND, Task.EXPORT_RESEARCH, Task.STAFF
}  # fmt: skip
"""What shows patients by name, or does something to one."""


def test_every_task_is_somebodys() -> None:
    assert set(MAY) == set(Task)
    assert all(MAY.values())


@given(mine=roles, more=roles, task=st.sampled_from(Task))
def test_more_roles_never_take_anything_away(
    mine: frozenset[Role], more: frozenset[Role], task: Task
) -> None:
    assert may(mine | more, task) == (may(mine, task) or may(more, task))


@given(mine=roles, task=st.sampled_from(Task))
def test_who_has_no_role_may_do_nothing(mine: frozenset[Role], task: Task) -> None:
    assert not may(mine - MAY[task], task)


def test_the_operator_sees_no_patient_and_answers_are_for_clinicians() -> None:
    assert not any(may({Role.OPERATOR}, task) for task in PATIENTS)
    assert MAY[Task.READ_ANSWERS] == {Role.CLINICIAN}
    assert {task for task in Task if may({Role.ENROL}, task)} == {Task.ENROL}


def test_the_table_in_docs_is_what_is_enforced(request: pytest.FixtureRequest) -> None:
    compare(DOCS, "\n".join(page()) + "\n", update=request.config.getoption("--update"))


def page() -> Iterator[str]:
    """`docs/roles.md`."""
    words = Words.of("en")
    yield "# What each role may see and do"
    yield "Written by `pytest tests/bot/desk/test_permissions.py --update` from the table that"
    yield "every route of the desk and of REST is checked against (`bot/desk/permissions.py`). A"
    yield "person or token may have several roles; one that allows it is enough. People get theirs"
    yield "by `backtrace staff add`, programs by `backtrace staff token new`."
    yield ""
    yield f"| | {' | '.join(words.say(f'desk.role.{role}') for role in Role)} |"
    yield f"| --- |{' --- |' * len(Role)}"
    for task in Task:
        marks = " | ".join("yes" if may({role}, task) else "" for role in Role)
        yield f"| {words.say(f'desk.task.{task}')} | {marks} |"
