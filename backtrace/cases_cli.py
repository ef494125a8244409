"""`backtrace cases`: the clinic's list, as the desk has it, for whoever has only a shell.

What is done here is done as the operator.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from backtrace.clock import SystemClock
from backtrace.columns import in_columns
from backtrace.enrol_cli import OPERATOR, Unknown
from backtrace.furnishing import deployed
from backtrace.settings import Settings
from bot.deployment import Deployment
from bot.desk import work
from bot.desk.work import HasOwner, IsDone, NoSuchCase, TooLong
from trajectory import cases
from trajectory.case_reasons import REASONS, Reason
from trajectory.cases import Case

_HEAD = ("case", "patient", "why", "urgency", "state", "owner", "since (UTC)")


def listed(settings: Settings) -> list[Case]:
    """What somebody must look at, the most pressing first.

    Raises:
        backtrace.refusals.NotMigrated: there is no list yet.
    """
    with deployed(settings, SystemClock(), {}, alone=False) as deployment:
        return deployment.database.run(cases.listed)


def handle(settings: Settings, case_id: int, reason: str, note: str) -> None:
    """Take a case off the list, because somebody has dealt with it; the patient's log tells.

    Raises:
        Unknown: no case on the list has this number, somebody else has it, or the reason is none.
        backtrace.refusals.NotMigrated: there is no list yet.
    """

    def act(deployment: Deployment) -> None:
        case = _case(deployment, case_id)
        reasons = ", ".join(REASONS[case.kind])
        if reason not in REASONS[case.kind]:
            raise Unknown(f"--reason: of a case `{case.kind}` choose {reasons}")
        work.done(deployment, OPERATOR, case_id, Reason(reason), note)

    _do(settings, case_id, act)


def take(settings: Settings, case_id: int) -> None:
    """Look after a case from now on, whoever had it. Raises as `handle`."""
    _do(
        settings,
        case_id,
        lambda deployment: work.take(
            deployment, OPERATOR, case_id, _case(deployment, case_id).owner
        ),
    )


def give_back(settings: Settings, case_id: int) -> None:
    """Look after a case no more. Raises as `handle`."""
    _do(settings, case_id, lambda deployment: work.give_back(deployment, OPERATOR, case_id))


def _do(settings: Settings, case_id: int, act: Callable[[Deployment], None]) -> None:
    with deployed(settings, SystemClock(), {}, alone=False) as deployment:
        try:
            act(deployment)
        except (NoSuchCase, IsDone):
            raise Unknown(f"no case {case_id} is on the list; `backtrace cases` shows it") from None
        except HasOwner as other:
            raise Unknown(
                f"{other.owner or 'somebody'} looks after case {case_id}; "
                f"`backtrace cases --take {case_id}` takes it over"
            ) from None
        except TooLong:
            raise Unknown(f"--note: at most {work.LONGEST_NOTE} characters") from None


def _case(deployment: Deployment, case_id: int) -> Case:
    with deployment.database.read() as connection:
        case = cases.by_id(connection, case_id)
    if case is None or not case.is_listed:
        raise NoSuchCase
    return case


def table(found: Sequence[Case]) -> str:
    """The list for a terminal; patients are numbers, as `enrol` printed them, and so are owners."""
    return "\n".join(in_columns([_HEAD, *(_row(case) for case in found)]))


def _row(case: Case) -> tuple[str, ...]:
    urgency = case.urgency.value if case.urgency else "-"
    owner = (case.owner or "-") + (" (news)" if case.is_news else "")
    since = f"{case.opened_at:%Y-%m-%d %H:%M}"
    return (str(case.id), str(case.patient_id), case.kind, urgency, case.state, owner, since)
