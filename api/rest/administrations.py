"""Answers that came on paper, by telephone or on a tablet of the clinic's, through the engine."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import AwareDatetime, BaseModel, Field

from api.context import web_of
from api.rest.door import by_token
from api.rest.keys import Key, done_once
from api.rest.parts import NOBODY, Number
from api.rest.problems import Fault, Refused, answers, telling
from bot.deployment import Deployment
from bot.desk import sheets
from bot.desk.answers import Stored, enter
from bot.desk.permissions import Task
from bot.desk.sheets import Mode, NotTaken, Sheet
from bot.desk.worker import Worker
from bot.once import Done
from flows import forms
from flows.forms import Left, Mark
from flows.model import Flow, Item, ItemKind

router = APIRouter(prefix="/patients/{number}", tags=["answers"])

_Enters = Annotated[Worker, Depends(by_token(Task.ENTER_ANSWERS))]
_FAULTS = {
    forms.Fault.OPEN: "write an answer, or in `left` why there is none",
    forms.Fault.BOTH: "an answer, and that there is none: leave one out",
    forms.Fault.TWO: "two are marked, and no published rule says which counts",
    forms.Fault.NO_SUCH: "not one of the answers of this question",
    forms.Fault.NOT_ASKED: "by the answers before, this is not asked: leave it out",
    forms.Fault.NAMES_NOTHING: "write something: a later question quotes it",
    forms.Fault.TOO_LONG: f"write {forms.LONGEST} characters at most",
}
_FIELDS = {
    sheets.Refused.NO_SUCH_FLOW: "flow",
    sheets.Refused.NO_SUCH_MODE: "mode",
    sheets.Refused.NO_SUCH_DAY: "at",
    sheets.Refused.FUTURE: "at",
    sheets.Refused.TOO_OLD: "at",
}
_WHYS = {
    sheets.Refused.NOT_AGREED: "the patient has not agreed that anything is kept",
    sheets.Refused.ENDED: "the course has ended",
    sheets.Refused.NO_SUCH_FLOW: "the patient's pathway does not ask this",
    sheets.Refused.NO_SUCH_MODE: "write paper, telephone or tablet",
    sheets.Refused.NO_SUCH_DAY: "not a time",
    sheets.Refused.FUTURE: "nobody has answered in the future",
    sheets.Refused.TOO_OLD: "too long ago",
    sheets.Refused.TOO_LATE: "entered too long ago, or by somebody else",
    sheets.Refused.THERE_ALREADY: "it is finished for that day; `again` enters it beside",
}
_Id = Annotated[str, Field(max_length=100)]


class Choice(BaseModel):
    """One answer that can be chosen."""

    id: str
    text: str


class Question(BaseModel):
    """One question as it is asked of this patient."""

    id: str
    kind: ItemKind
    text: str
    choices: list[Choice]
    minimum: int | None
    maximum: int | None


class Questionnaire(BaseModel):
    """Something that can be entered, in the patient's language."""

    id: str
    title: str
    waiting: bool
    """Whether the chat asks it, or is about to."""
    questions: list[Question]


class Given(BaseModel):
    """What stands at one question: option ids or a number, own words, or why there is nothing."""

    chosen: Annotated[list[_Id], Field(max_length=2)] = []
    words: Annotated[str, Field(max_length=forms.LONGEST)] = ""
    left: Left | None = None


class Filled(BaseModel):
    """A form that was filled in."""

    flow: _Id
    mode: Mode
    at: AwareDatetime
    """When the patient answered."""
    answers: Annotated[dict[_Id, Given], Field(max_length=200)]
    again: bool = False
    """Enter it although the same is finished for that day."""


class Entered(BaseModel):
    """What became of it: never a score or an answer."""

    session: int
    flow: str
    answered: int
    of: int
    at: datetime
    urgency: str
    """Of what the patient has to be told now, since a warning sign stands on the form."""
    asks_for: str
    """The questions about warning signs, where an answer asks for them: to be gone through now."""
    reaches: bool
    """Whether what to do went to the patient's phone or chat as well."""


@router.get("/questionnaires", responses=answers(404, 409))
def offered(request: Request, worker: _Enters, number: Number) -> list[Questionnaire]:
    """What this patient's pathway asks, due or not."""
    deployment = web_of(request).deployment
    with telling(NOBODY):
        found = sheets.offered(deployment, number, deployment.clock.now())
    if found.refused is not None:
        raise Refused(409, _WHYS[found.refused])
    return [_shown(flow, found.language, flow.id in found.waiting) for flow in found.flows]


@router.post("/administrations", status_code=201, responses=answers(404, 409))
def take(request: Request, worker: _Enters, number: Number, filled: Filled, key: Key) -> Entered:
    """Enter a form: scored, watched for warning signs and kept as answers in the chat are.

    With a key the same form twice is entered once.
    """
    form = {item: Mark(tuple(g.chosen), g.words, g.left) for item, g in filled.answers.items()}
    now, mark = web_of(request).deployment.clock.now(), web_of(request).deployment.chance.token()
    sheet = Sheet(filled.flow, filled.mode, filled.at, form, mark, filled.again)

    def act(within: Deployment) -> Done:
        entered = _entered(enter(within, worker, number, sheet, now))
        return Done(number, entered.model_dump(mode="json"))

    with telling(NOBODY):
        try:
            asked = filled.model_dump(mode="json")
            return Entered(**done_once(request, worker, key, asked, act))
        except NotTaken as error:
            raise _refusal(error) from None


def _refusal(error: NotTaken) -> Refused:
    if error.why is None:
        return Refused.of(
            422,
            [
                Fault(loc=["body", "answers", item], msg=_FAULTS[fault])
                for item, fault in error.faults.items()
            ],
        )
    field = _FIELDS.get(error.why)
    return Refused(
        409 if field is None else 422, _WHYS[error.why], ("body", field) if field else ()
    )


def _entered(stored: Stored) -> Entered:
    return Entered(
        session=stored.session_id,
        flow=stored.flow.id,
        answered=stored.answered,
        of=stored.of,
        at=stored.at,
        urgency=stored.urgency,
        asks_for=stored.asks_for,
        reaches=stored.reaches,
    )


def _shown(flow: Flow, language: str, waiting: bool) -> Questionnaire:
    questions = [_question(item, language) for item in flow.items]
    return Questionnaire(
        id=flow.id, title=flow.title[language], waiting=waiting, questions=questions
    )


def _question(item: Item, language: str) -> Question:
    counted = item.kind in (ItemKind.SCALE, ItemKind.COUNT)
    return Question(
        id=item.id,
        kind=item.kind,
        text=item.text[language],
        choices=[Choice(id=each.id, text=each.text[language]) for each in item.options],
        minimum=item.minimum if counted else None,
        maximum=item.maximum if counted else None,
    )
