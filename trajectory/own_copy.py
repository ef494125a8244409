"""Everything that the database holds of one patient, opened: what their own copy is made of.

Table by table and column by column, so that nothing is forgotten: what is not handed out stands
in `NOT_THEIRS` and `LEFT_OUT` with its reason, and a test walks `trajectory.tables` for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Connection, LargeBinary, Select, Table, select
from sqlmodel import SQLModel

from trajectory import tables
from trajectory.keys import Sealer

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
"""By section its rows, oldest first; times are UTC."""

SECTIONS: Mapping[type[SQLModel], str] = {
    tables.Patient: "patient",
    tables.Address: "addresses",
    tables.FindHeap: "find_heaps",
    tables.AddressCheck: "address_checks",
    tables.EnrolmentCode: "enrolment_codes",
    tables.EnrolmentRequest: "enrolment_requests",
    tables.EnrolmentMark: "enrolment_marks",
    tables.Entry: "entries",
    tables.Session: "sessions",
    tables.Conversation: "conversation",
    tables.Due: "due",
    tables.Inbox: "messages_in",
    tables.Outbox: "messages_out",
    tables.CareTeamMember: "care_team",
    tables.AccessGrant: "grants",
    tables.AccessCode: "grant_codes",
    tables.Viewing: "looks",
    tables.WorkPage: "work_pages",
    tables.RoomCode: "room_codes",
    tables.DeskCase: "cases",
    tables.WebLink: "links",
    tables.WebCode: "link_codes",
    tables.WebSession: "devices",
    tables.AuditRecord: "audit",
}
"""What the copy calls the rows of each table that knows patients."""

NOT_THEIRS: Mapping[type[SQLModel], str] = {
    tables.Deployment: "the deployment's own key and clock",
    tables.Definition: "questionnaires, the same for everybody",
    tables.SendRate: "how fast we may send",
    tables.EarlyStatus: "a provider's report that belongs to no message yet; a day",
    tables.CodeGuess: "hashes of strangers' addresses; a day",
    tables.Erased: "only of patients whose data are gone",
    tables.ProviderMessage: "only of patients whose data are gone",
    tables.IdBlock: "a counter",
    tables.ClinicAudit: "who changed the directory and signed in; numbers of staff",
    tables.StaffToken: "tokens of the clinic's programs",
    tables.Professional: "who is in the clinic's directory",
    tables.ProfessionalCode: "codes for those to sign in with",
    tables.ProfessionalSession: "their sign-ins",
}
"""Tables that hold nothing of a patient, and what they hold."""

_HASHED = "a keyed hash of a secret; it says nothing, and finds what it opens"
LEFT_OUT: Mapping[str, str] = {
    "patient.key_id": "which key of ours wraps the patient's",
    "patient.wrapped_key": "the key itself, wrapped: the data here are opened with it",
    "address.hash": "a keyed hash of the address, which stands beside it",
    "address.hash_key_id": "which key of ours made that hash",
    "access_grant.token": "opens the summary for somebody else, who has it in a mail",
    "access_grant.token_hash": _HASHED,
    "access_code.hash": _HASHED,
    "viewing.cookie_hash": _HASHED,
    "room_code.hash": _HASHED,
    "web_link.token_hash": _HASHED,
    "web_link.cookie_hash": _HASHED,
    "web_code.hash": _HASHED,
    "web_session.cookie_hash": _HASHED,
    "enrolment_code.hash": _HASHED,
    "enrolment_code.claimed_by": _HASHED,
    "address_check.hash": _HASHED,
    "enrolment_request.hash": _HASHED,
    "enrolment_mark.hash": "a keyed hash of name, birth date and phone, which stand in the profile",
    "enrolment_request.body": "the answer to the clinic's program, which only that program opens",
}
"""Columns of those tables that are not handed out, and why."""
_MASKED = "****"
"""Stands for the patient's own four digits, and in messages for what a link is opened with.

The patient knows the one and whoever got the message has the other, but a file lies about.
"""
_LINK = re.compile(r"(/(?:s|chat/in|copy/in)/)[\w-]{20,}")

_Opener = Callable[[Sealer, str, int, bytes], Any]


def _json(sealer: Sealer, place: str, row: int, sealed: bytes) -> Any:
    return sealer.open_json(place, row, sealed)


def _text(sealer: Sealer, place: str, row: int, sealed: bytes) -> Any:
    return sealer.open_text(place, row, sealed)


def _profile(sealer: Sealer, place: str, row: int, sealed: bytes) -> Any:
    profile = sealer.open_json(place, row, sealed)
    return profile | {"code": _MASKED if profile.get("code") else ""}


def _message(sealer: Sealer, place: str, row: int, sealed: bytes) -> Any:
    body = sealer.open_json(place, row, sealed)
    if isinstance(body.get("text"), str):
        body["text"] = _LINK.sub(rf"\1{_MASKED}", body["text"])
    return body


def _in_hex(sealer: Sealer, place: str, row: int, data: bytes) -> Any:
    return data.hex()


OPENERS: Mapping[str, _Opener] = {
    "patient.profile": _profile,
    "conversation.body": _json,
    "session.body": _json,
    "inbox.body": _json,
    "outbox.body": _message,
    "entry.text": _text,
    "address.value": _text,
    "address_check.address": _text,
    "care_team_member.name": _text,
    "care_team_member.email": _text,
    "access_grant.word": _text,
    "viewing.opener": _text,
    "viewing.purpose": _text,
    "work_page.body": _json,
    "desk_case.note": _text,
    "audit.previous": _in_hex,
    "audit.hash": _in_hex,
}
"""How the bytes of a column are shown; what is sealed is sealed for its place and row."""
_WRITTEN_AS_JSON = frozenset({"entry.detail", "due.payload"})


def rows(connection: Connection, sealer: Sealer, patient_id: int) -> Rows:
    """All that is held of this patient. Raises WrongKey."""
    return {
        section: [
            _shown(sealer, table, dict(row._mapping))
            for row in connection.execute(_select(table, patient_id))
        ]
        for table, section in ((tables.core(model), name) for model, name in SECTIONS.items())
    }


def is_shown(table: Table, column: str) -> bool:
    """Whether this column is in the copy."""
    return f"{table.name}.{column}" not in LEFT_OUT


def _select(table: Table, patient_id: int) -> Select[Any]:
    return select(table).where(_theirs(table, patient_id)).order_by(*table.primary_key)


def _theirs(table: Table, patient_id: int) -> ColumnElement[bool]:
    if table is tables.core(tables.Patient):
        return table.c.id == patient_id
    if table is tables.core(tables.Due):
        return (table.c.owner_kind == "patient") & (table.c.owner_id == patient_id)
    if "patient_id" in table.c:
        return table.c.patient_id == patient_id
    grant = tables.core(tables.AccessGrant)
    return table.c.grant_id.in_(select(grant.c.id).where(grant.c.patient_id == patient_id))


def _shown(sealer: Sealer, table: Table, row: Mapping[str, Any]) -> Mapping[str, Any]:
    key, *_ = table.primary_key
    return {
        column.name: _value(sealer, table, column.name, row[key.name], row[column.name])
        for column in table.columns
        if is_shown(table, column.name)
    }


def _value(sealer: Sealer, table: Table, column: str, row_id: int, value: Any) -> Any:
    place = f"{table.name}.{column}"
    if value is None or value == b"":
        return None
    if isinstance(table.c[column].type, LargeBinary):
        return OPENERS[place](sealer, place, row_id, bytes(value))
    if place in _WRITTEN_AS_JSON:
        return orjson.loads(value)
    return value.isoformat() if isinstance(value, datetime) else value
