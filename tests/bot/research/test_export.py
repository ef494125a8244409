"""What a row of an export says, whose rows there are, and what is left of it with the patient."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import update

from bot.conversation import pathways
from bot.conversation.effects import SetDue
from bot.desk.steps import take_step
from bot.inbound import InboundKind
from bot.research import naming
from bot.research.asking import Asked, Wrong, wanted_of
from bot.research.exporting import (
    AT_ONCE,
    DefinitionsChanged,
    Wanted,
    administrations,
    flows_of,
)
from bot.research.files import FolderTaken
from flows.canonical import dump_flow, sealed
from flows.forms import Left, Mark
from tests.bot.desk.forms import KIRSTEN, enter, odi
from tests.bot.house import House
from tests.bot.research.study import STUDY, Folder, consent, pseudonym
from trajectory import (
    clinic_audit,
    consents,
    definitions,
    erasure,
    research,
    rotation,
    tables,
)
from trajectory.keys import Ring

DAY = timedelta(days=1)
MakeExport = Callable[..., Folder]


@pytest.fixture
def export(house: House, tmp_path: Path) -> MakeExport:
    count = 0

    def make(**more: Any) -> Folder:
        nonlocal count
        count += 1
        return Folder(house.deployment, tmp_path / f"export-{count}", **more)

    return make


def say(
    house: House, patient_id: int, code: str = consents.GIVEN, purpose: str = "research"
) -> None:
    """The patient gives a consent, or takes it back."""
    consent(house.deployment, patient_id, code, purpose)


def agreeing(house: House, address: str = "birgit", **more: Any) -> int:
    """A patient who agrees to research."""
    patient_id = house.enrol(address, **more).patient_id
    say(house, patient_id)
    return patient_id


def only(frame: pd.DataFrame) -> Any:
    assert len(frame) == 1
    return frame.iloc[0]


def test_declined_does_not_apply_and_unanswered_are_told_apart_and_none_is_a_zero(
    house: House, export: MakeExport
) -> None:
    patient_id = agreeing(house)
    house.ask(patient_id, "rmdq")
    for said in ("yes", "no", "skip", "does not apply"):
        house.write(said)
        house.settle()
    row = only(export()["rmdq"])
    assert [row[f"s0{n}_final_status"] for n in range(1, 6)] == [
        "answered",
        "answered",
        "declined",
        "not-applicable",
        "missing",
    ]
    assert list(row[["s01_final", "s02_final"]]) == [1, 0]
    assert row[["s03_final", "s04_final", "s05_final"]].isna().all()
    assert list(row[["n_items", "n_answered", "n_declined", "n_not_applicable", "n_missing"]]) == [
        24,
        2,
        1,
        1,
        20,
    ]
    assert row["status"] == "waiting"
    assert pd.isna(row["score_final"])


def test_a_late_correction_shows_what_was_first_what_stands_and_the_score_that_follows(
    house: House, export: MakeExport
) -> None:
    patient_id = agreeing(house, pathway=None)
    house.ask(patient_id, "start-back")
    session = house.telegram.sent[-1].parcel.rendered.buttons[0].data.split(".")[1]
    house.answer_all()
    early = only(export()["start-back"])
    house.wait(days=3)
    house.write("agree", kind=InboundKind.CHOICE, choice=f"q.{session}.1.agree")
    house.write("disagree", kind=InboundKind.CHOICE, choice=f"q.{session}.1.disagree")
    house.write("agree", kind=InboundKind.CHOICE, choice=f"q.{session}.1.agree")
    late = only(export()["start-back"])
    assert early["corrected_late"] == 0
    assert early["n_corrected"] == 0
    assert early["leg_pain_first"] == early["leg_pain_final"] == late["leg_pain_first"]
    assert late["leg_pain_final"] == 1
    assert late["leg_pain_final_option"] == "agree"
    assert late["corrected_late"] == 1
    assert late["n_corrected"] == 1
    assert late["score_first"] == early["score_final"]
    assert late["score_final"] == late["score_numerator"] / late["score_denominator"]
    assert late["score_final"] != late["score_first"]
    assert late["closed_day"] == early["closed_day"]
    assert late["corrected_day"] - late["closed_day"] > 1


def test_mode_who_answered_language_wording_and_reminders_are_told(
    house: House, export: MakeExport
) -> None:
    patient_id = agreeing(house, language="da")
    house.set_row(
        patient_id,
        SetDue("weekly", "flow", house.clock.now(), payload={"flow": "weekly-check-in"}),
    )
    house.settle()
    house.wait(hours=30)
    house.write("6")
    house.settle()
    house.write("hun siger 4")
    house.settle()
    house.write("ja")
    house.settle()
    row = only(export()["weekly-check-in"])
    assert row["mode"] == row["modes"] == "telegram"
    assert row["answered_by"] == "mixed"
    assert row["language"] == "da"
    assert row["wording"] == "demonstration"
    assert row["reminders"] == 1
    assert row["pain_final"] == 6
    assert row["bothersome_days_final"] == 4
    assert row["first_answer_day"] - row["opened_day"] == pytest.approx(30 / 24, abs=0.001)


def test_from_paper_the_way_and_the_time_are_told_and_blank_is_not_declined(
    house: House, export: MakeExport
) -> None:
    patient_id = agreeing(house, pathway="low-back-pain")
    form = odi("c-cbcc-cdc") | {"sleeping": Mark(left=Left.DECLINED)}
    enter(house, patient_id, form, ago=2 * DAY)
    row = export()["odi"].iloc[-1]
    assert row["mode"] == row["modes"] == "paper"
    assert row["answered_by"] == "staff"
    assert row["personal_care_final_status"] == row["personal_care_first_status"] == "missing"
    assert row["sleeping_final_status"] == "declined"
    assert (row["n_answered"], row["n_declined"], row["n_missing"]) == (8, 1, 1)
    assert row["recorded_day"] - row["first_answer_day"] == pytest.approx(2, abs=0.01)


def test_a_new_episode_counts_its_own_days(house: House, export: MakeExport) -> None:
    patient_id = agreeing(house, pathway="low-back-pain")
    house.answer_all()
    house.wait(days=20)
    take_step(house.deployment, KIRSTEN, patient_id, pathways.begin_anew)
    house.answer_all()
    frame = export()["start-back"]
    assert list(frame["episode"]) == [1, 2]
    assert list(frame["number"]) == [1, 2]
    assert abs(frame["opened_day"].iloc[0]) < 1
    assert abs(frame["opened_day"].iloc[1]) < 1


def test_own_words_names_and_addresses_are_nowhere_and_dates_only_where_asked_for(
    house: House, export: MakeExport
) -> None:
    patient_id = agreeing(house, "+4511223344", name="Birgit Holm", channel="sms")
    house.ask(patient_id, "psfs")
    for said in ("carrying my grandson", "3", "no"):
        house.write(said, "+4511223344", channel="sms")
        house.settle()
    without, with_dates = export(), export(dates=True)
    for folder in (without, with_dates):
        for file in folder.folder.iterdir():
            text = file.read_text("utf-8")
            assert not [w for w in ("grandson", "Birgit", "11223344") if w in text]
    row = only(without["psfs"])
    assert row["activity_1_final_status"] == "answered"
    assert "activity_1_final" not in row.index
    assert row["rating_1_final"] == 3
    assert row["activity_2_final_status"] == "not-asked"
    assert not [name for name in without["psfs"].columns if name.endswith("_at")]
    assert "2026-11-24" not in (without.folder / "psfs.csv").read_text()
    assert only(with_dates["psfs"])["opened_at"] == "2026-11-24T10:00:00+01:00"


def test_who_declined_took_it_back_or_was_never_asked_is_in_no_export(
    house: House, export: MakeExport
) -> None:
    stays, leaves, declines, silent, other = (
        house.enrol(address).patient_id for address in ("a", "b", "c", "d", "e")
    )
    for patient_id in (stays, leaves, declines, silent, other):
        house.ask(patient_id)
    for patient_id in (stays, leaves):
        say(house, patient_id)
    say(house, declines, consents.DECLINED)
    say(house, other, purpose="share")
    deployment = house.deployment
    first = export()
    assert first.pseudonyms == {pseudonym(deployment, each) for each in (stays, leaves)}
    say(house, leaves, consents.WITHDRAWN)
    second = export()
    assert second.pseudonyms == {pseudonym(deployment, stays)}
    assert second.manifest["patients"] == second.made.patients == 1
    say(house, leaves)
    assert export().pseudonyms == first.pseudonyms, "and again, as they agree anew"


def test_who_takes_the_consent_back_after_they_were_read_is_left_out(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient_id = agreeing(house)
    house.ask(patient_id)
    read = research.pseudonyms

    def read_and_taken_back(*asked: Any) -> Any:
        found = read(*asked)
        patients_who.append(patient_id)
        return found

    patients_who: list[int] = []
    monkeypatch.setattr(research, "pseudonyms", read_and_taken_back)
    run = house.database.run

    def after_a_withdrawal(work: Any) -> Any:
        if patients_who:
            patients_who.clear()
            say(house, patient_id, consents.WITHDRAWN)
        return run(work)

    monkeypatch.setattr(house.database, "run", after_a_withdrawal)
    flows = flows_of(house.deployment)
    found = administrations(house.deployment, Wanted(STUDY), flows, export_id=1, actor="operator")
    assert list(found) == []
    assert research.EXPORTED not in house.audited(patient_id)


def test_each_patient_whose_answers_left_can_see_that_and_nobody_else(
    house: House, export: MakeExport
) -> None:
    patient_id, other = agreeing(house), house.enrol("lars").patient_id
    house.ask(patient_id)
    house.ask(other)
    made = export().made
    assert "research-exported" in house.audited(patient_id)
    assert "research-exported" not in house.audited(other)
    (record,) = [
        row
        for row in house.rows(tables.core(tables.AuditRecord))
        if row.action == research.EXPORTED
    ]
    assert (record.patient_id, record.subject) == (patient_id, f"export:{made.id}")
    with house.database.read() as connection:
        (begun,) = clinic_audit.newest(connection)
    assert (begun.actor, begun.action, begun.subject) == (
        "operator",
        clinic_audit.Action.EXPORTED,
        f"export:{made.id}",
    )
    house.write("who looked")
    house.settle()
    assert "researchers" in house.telegram.texts("birgit")[-1] + house.telegram.texts("birgit")[-2]
    house.write("who looked", "lars")
    house.settle()
    assert not [text for text in house.telegram.texts("lars") if "researchers" in text]


def test_a_pseudonym_stays_through_new_keys_differs_by_study_and_ends_with_the_patient(
    house: House, export: MakeExport
) -> None:
    patient_id = agreeing(house)
    house.ask(patient_id)
    before = export().pseudonyms
    assert export(study="another").pseudonyms.isdisjoint(before)
    deployment = house.deployment
    new = deployment.ring.with_new_key("k2")
    with house.database.write() as connection:
        rotation.rotate(connection, new)
        kept = research.pseudonyms(connection, new, [patient_id], STUDY)
    assert set(kept.values()) == before
    only_new = Ring.parse(new.setting().split(",")[0])
    with house.database.write() as connection:
        assert research.pseudonyms(connection, only_new, [patient_id], STUDY) == kept
        assert research.pseudonyms(connection, only_new, [patient_id], "another") != kept


def test_of_the_erased_there_is_nothing_to_find_them_by(house: House, export: MakeExport) -> None:
    patient_id = agreeing(house)
    house.ask(patient_id)
    assert export().pseudonyms
    with house.database.write() as connection:
        erasure.erase(connection, patient_id, house.clock.now())
        assert research.pseudonyms(connection, house.deployment.ring, [patient_id], STUDY) == {}
    assert export().tables == []
    with pytest.raises(naming.NotAgreed):
        naming.name(house.deployment, patient_id, STUDY, "operator")


def test_a_study_learns_whom_to_take_out_and_the_patients_log_says_so(house: House) -> None:
    patient_id = agreeing(house)
    say(house, patient_id, consents.WITHDRAWN)
    told = naming.name(house.deployment, patient_id, STUDY, "operator")
    assert told == pseudonym(house.deployment, patient_id)
    assert naming.NAMED in house.audited(patient_id)
    never = house.enrol("lars").patient_id
    with pytest.raises(naming.NotAgreed):
        naming.name(house.deployment, never, STUDY, "operator")


def test_from_to_and_pathway_narrow_it(house: House, export: MakeExport) -> None:
    patient_id, back = agreeing(house), agreeing(house, "lars", pathway="neck-pain")
    house.ask(patient_id)
    house.answer_all()
    house.wait(days=7)
    house.ask(patient_id, "odi")
    tuesday, later = date(2026, 11, 24), date(2026, 12, 1)
    mine = pseudonym(house.deployment, patient_id)
    assert "odi" in export(since=later).tables
    assert mine not in set(export(since=later)["odi"].get("pathway", []))
    assert export(until=tuesday - DAY).tables == []
    assert "weekly-check-in" in export(until=tuesday).tables
    assert "odi" not in export(until=later - DAY).tables
    assert export(pathway="neck-pain").pseudonyms <= {pseudonym(house.deployment, back)}


def test_every_column_is_in_the_dictionary_and_every_file_in_the_manifest(
    house: House, export: MakeExport
) -> None:
    patient_id = agreeing(house)
    for flow in ("odi", "start-back", "phq-4", "psfs", "intake", "weekly-check-in", "rmdq"):
        house.ask(patient_id, flow)
        house.answer_all() if flow not in ("psfs", "intake") else house.wait(days=8)
    made = export(dates=True)
    told = made.dictionary
    for flow in made.tables:
        frame = made[flow]
        assert list(told[told["file"] == f"{flow}.csv"]["column"]) == list(frame.columns)
        assert frame.columns.is_unique
    assert not told[["meaning", "type"]].isna().any().any()
    values = told[told["column"] == "pain_intensity_final"]["values"].iloc[0]
    assert "0 (a) = It does not hurt" in values
    files = made.manifest["files"]
    assert files.keys() == {f.name for f in made.folder.iterdir()} - {"manifest.json"}
    for name, about in files.items():
        assert hashlib.sha256((made.folder / name).read_bytes()).hexdigest() == about["sha256"]
    assert made.manifest["flows"]["odi"]["definitions"] == [
        house.deployment.library.flow("odi").definition
    ]


def test_tables_are_rfc_4180(house: House, export: MakeExport) -> None:
    patient_id = agreeing(house)
    house.ask(patient_id)
    made = export()
    for file in made.folder.glob("*.csv"):
        raw = file.read_bytes()
        assert not raw.startswith(b"\xef\xbb\xbf")
        assert raw.count(b"\n") == raw.count(b"\r\n")
        with file.open(encoding="utf-8", newline="") as opened:
            rows = list(csv.reader(opened, strict=True))
        assert {len(row) for row in rows} == {len(rows[0])}


def test_an_older_definition_and_todays_share_a_file(house: House, export: MakeExport) -> None:
    patient_id = agreeing(house)
    house.ask(patient_id)
    house.answer_all()
    older = house.deployment.library.flow("weekly-check-in")
    changed = sealed(replace(older, items=older.items[:1]))
    with house.database.write() as connection:
        definitions.remember(connection, changed.definition, changed.id, dump_flow(changed))
        connection.execute(
            update(tables.core(tables.Session)).values(definition=changed.definition)
        )
    row = only(export()["weekly-check-in"])
    assert row["definition"] == changed.definition
    assert row["n_items"] == 1
    assert row["new_symptoms_final_status"] == "not-asked"


def test_many_patients_are_read_some_at_a_time_and_in_no_order_of_enrolment(
    house: House, export: MakeExport
) -> None:
    people = [agreeing(house, f"patient-{n}") for n in range(AT_ONCE + 3)]
    for patient_id in people:
        house.set_due(patient_id)
    house.settle()
    frame = export()["weekly-check-in"]
    names = [pseudonym(house.deployment, each) for each in people]
    assert sorted(frame["pseudonym"]) == sorted(names)
    assert list(frame["pseudonym"]) != names
    assert list(frame["pseudonym"][:AT_ONCE]) == sorted(names[:AT_ONCE])


def test_a_folder_that_is_there_is_left_alone_and_what_fails_leaves_none(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient_id = agreeing(house)
    house.ask(patient_id)
    (tmp_path / "mine").mkdir()
    with pytest.raises(FolderTaken):
        Folder(house.deployment, tmp_path / "mine")
    with house.database.write() as connection:
        connection.execute(update(tables.core(tables.Session)).values(definition="unknown"))
    with pytest.raises(DefinitionsChanged):
        Folder(house.deployment, tmp_path / "new")
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == ["mine"]


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        (Asked(study="../etc"), "study"),
        (Asked(study=""), "study"),
        (Asked(since="tomorrow"), "since"),
        (Asked(since="2027-02-30"), "since"),
        (Asked(since="2027-02-02", until="2027-02-01"), "until"),
        (Asked(pathway="knees"), "pathway"),
    ],
)
def test_what_cannot_be_meant_is_told_by_its_field(house: House, asked: Asked, field: str) -> None:
    with pytest.raises(Wrong) as wrong:
        wanted_of(house.deployment, asked)
    assert wrong.value.field == field
