"""What each role may see and do at the desk and over REST: the one table that is enforced.

`docs/roles.md` is written from it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType

from trajectory.staff_tokens import Role


class Task(StrEnum):
    """Something that can be seen or done; every route of the desk and of REST names one."""

    ENROL = "enrol"
    """Enrol patients, one or many, and print what they are handed."""
    SEE_WORK = "see-work"
    """See the work list: whose turn it is, with names, and why; of warning signs the urgency."""
    HANDLE_CASE = "handle-case"
    """Take a case, give it back, and mark it done with a reason."""
    READ_ANSWERS = "read-answers"
    """Open a patient's answers, where the patient has granted it to this very person."""
    TALK = "talk"
    """Take a conversation over, answer in it, hand it back."""
    FIND_PATIENT = "find-patient"
    """Find patients; see how they are reached and where their course stands, never answers."""
    LOCK_PHONE = "lock-phone"
    """Lock a lost phone, and unlock it."""
    CHANGE_ADDRESS = "change-address"
    """Move, add or remove an address."""
    CORRECT_IDENTITY = "correct-identity"
    """Correct a name or a birth date."""
    PAUSE = "pause"
    """Let check-ins pause and go on."""
    END_COURSE = "end-course"
    """Mark a patient as moved away, discharged or died, and take that back."""
    NEW_EPISODE = "new-episode"
    """Begin a new episode."""
    ENTER_ANSWERS = "enter-answers"
    """Enter what was answered on paper, by telephone or on the clinic's tablet."""
    DIRECTORY = "directory"
    """See and change the directory of professionals; invite, and reset sign-ins."""
    SEE_RUNNING = "see-running"
    """See what went out, what waits and why, and how many answer; of nobody by name."""
    RESEND = "resend"
    """Send dead messages again, or drop them."""
    EXPORT_RESEARCH = "export-research"
    """Export the answers of those who agreed to research."""
    STAFF = "staff"
    """Say who works at the desk with which roles; make and revoke tokens."""


_DESK = frozenset({Role.SECRETARY, Role.CLINICIAN})
_EVERYBODY = _DESK | {Role.OPERATOR}
_OPERATOR = frozenset({Role.OPERATOR})

MAY: Mapping[Task, frozenset[Role]] = MappingProxyType(
    {
        Task.ENROL: _DESK | {Role.ENROL},
        Task.SEE_WORK: _DESK,
        Task.HANDLE_CASE: _DESK,
        Task.READ_ANSWERS: frozenset({Role.CLINICIAN}),
        Task.TALK: _DESK,
        Task.FIND_PATIENT: _DESK,
        Task.LOCK_PHONE: _DESK,
        Task.CHANGE_ADDRESS: _DESK,
        Task.CORRECT_IDENTITY: _DESK,
        Task.PAUSE: _DESK,
        Task.END_COURSE: _DESK,
        Task.NEW_EPISODE: _DESK,
        Task.ENTER_ANSWERS: _DESK,
        Task.DIRECTORY: _EVERYBODY,
        Task.SEE_RUNNING: _EVERYBODY,
        Task.RESEND: _OPERATOR,
        Task.EXPORT_RESEARCH: _OPERATOR,
        Task.STAFF: _OPERATOR,
    }
)
"""Whose roles allow it: one of them is enough."""


def may(roles: Collection[Role], task: Task) -> bool:
    """Whether somebody with these roles may do this."""
    return not MAY[task].isdisjoint(roles)
