"""The document in the patient's copy says what the data file says, in the patient's words."""

from __future__ import annotations

from typing import Any

import pytest

from bot import own_record
from bot.handing_out import OwnCopy
from bot.loading import opened
from templates import own_copy as paper
from tests.bot.house import House
from trajectory import migrations, own_copy, patients

SHARE = {
    "en": ["share with my physio Anne Skov anne@klinik.example", "A", "4071", "A"],
    "da": ["del med min fysioterapeut Anne Skov anne@klinik.example", "A", "4071", "A"],
}
NOTE = {"en": "note the #chair *hurts*", "da": "note #stolen *gør* ondt"}


def told(language: str) -> tuple[dict[str, Any], bytes]:
    """Of somebody who has answered, changed an answer, noted and shared: the paper, and its PDF."""
    database = migrations.throw_away()
    house = House(database)
    ref = house.enrol(code="4071", language=language)
    house.ask(ref.patient_id)
    for line in ("7", "4", NOTE[language], *SHARE[language]):
        house.write(line)
        house.settle()
    with database.read() as connection:
        (row,) = patients.read(connection, [ref.patient_id])
        sealer = row.sealer(house.deployment.ring)
        rows = own_copy.rows(connection, sealer, ref.patient_id)
        copy = OwnCopy(opened(row, sealer).person, rows, house.clock.now())
    database.close()
    document = own_record.document(copy, house.deployment.library)
    return dict(paper.told(document, "Klinik Nord")), paper.pdf(document, "Klinik Nord")


@pytest.mark.parametrize(
    ("language", "headings", "agreed"),
    [
        (
            "en",
            ["About you", "What you have agreed to", "Your answers", "Notes, goals and plans",
             "People", "Messages"],
            "keep my answers, send me questions and reminders",
        ),
        (
            "da",
            ["Om dig", "Det har du sagt ja til", "Dine svar", "Noter, mål og planer", "Personer",
             "Beskeder"],
            "gem mine svar, send mig spørgsmål og påmindelser",
        ),
    ],
)  # fmt: skip
def test_the_paper_tells_everything_in_the_patients_language(
    language: str, headings: list[str], agreed: str
) -> None:
    data, pdf = told(language)
    assert pdf.startswith(b"%PDF-")
    sections = {each["heading"]: each for each in data["sections"]}
    assert list(sections) == headings
    about, consents, answers, words, people, messages = sections.values()
    assert ["Birgit Holm" in value for _, value in about["pairs"]].count(True) == 1
    rows = consents["tables"][0]["rows"]
    assert rows[0][1] == agreed
    assert len(rows) == 3, "enrolment, sharing, alerts"
    (check_in,) = answers["tables"]
    assert check_in["rows"][0][1] == "7"
    assert words["tables"][0]["rows"][0][2] == NOTE[language].removeprefix("note ")
    assert people["tables"][0]["rows"][0][0] == "Anne Skov"
    said = [row[2] for row in messages["tables"][0]["rows"]]
    assert any("/s/****" in text for text in said)
    assert "4071" not in "".join(said)
