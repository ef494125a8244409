"""Leave to read a patient's data, and the ways in that it opens: link, code, viewing.

A grant is active until its end (`until`), until the patient ends it, or until the person is
taken out of the care team. Every way in asks for an active grant, every time. A grant with
the purpose `ONCE` opens a single page, which then stays open as long as any.
"""

from trajectory.grants._codes import LIFE as CODE_LIFE
from trajectory.grants._codes import (
    Attempt,
    TooManyCodes,
    new_code,
    six_digits,
    try_code,
    was_just_sent,
)
from trajectory.grants._directory import (
    Shared,
    one_shared_with,
    patients_each,
    shared_with,
    whose_patients,
)
from trajectory.grants._given import (
    ONCE,
    WORK_PAGE,
    Grant,
    GrantEnded,
    GrantRef,
    active,
    by_id,
    by_token,
    change_purposes,
    end,
    give,
    shorten,
)
from trajectory.grants._viewings import LIFE as VIEWING_LIFE
from trajectory.grants._viewings import (
    Look,
    Opener,
    Viewing,
    by_cookie,
    by_session,
    close_viewing,
    grant_behind,
    looks,
    open_viewing,
    touch,
)

__all__ = [
    "CODE_LIFE",
    "ONCE",
    "VIEWING_LIFE",
    "WORK_PAGE",
    "Attempt",
    "Grant",
    "GrantEnded",
    "GrantRef",
    "Look",
    "Opener",
    "Shared",
    "TooManyCodes",
    "Viewing",
    "active",
    "by_cookie",
    "by_id",
    "by_session",
    "by_token",
    "change_purposes",
    "close_viewing",
    "end",
    "give",
    "grant_behind",
    "looks",
    "new_code",
    "one_shared_with",
    "open_viewing",
    "patients_each",
    "shared_with",
    "shorten",
    "six_digits",
    "touch",
    "try_code",
    "was_just_sent",
    "whose_patients",
]
