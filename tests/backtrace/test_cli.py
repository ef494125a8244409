"""The command line, as the person who operates the clinic's server uses it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from backtrace.cli import app
from tests.flows.test_wording import pack
from tests.house.answers import answering
from tests.house.command import backtrace
from trajectory import audit, cases, web_access
from trajectory.database import Database, exclusive
from trajectory.keys import Ring
from trajectory.migrations import upgrade


def test_doctor_finds_a_new_folder_healthy_and_names_what_is_off(tmp_path: Path) -> None:
    examined = backtrace("doctor", folder=tmp_path)
    assert examined.returncode == 0
    assert "off    database: no file yet" in examined.stdout
    assert "off    e-mail" in examined.stdout


def test_doctor_says_what_production_lacks_and_how_to_mend_it(tmp_path: Path) -> None:
    examined = backtrace("doctor", folder=tmp_path, BACKTRACE_ENV="production")
    assert examined.returncode == 1
    for advice in ("`backtrace keys new`", "must begin with https://", "BACKTRACE_WORDING_DIR"):
        assert advice in examined.stdout


def test_a_setting_that_is_no_json_is_named_and_a_misspelt_one_in_the_file_too(
    tmp_path: Path,
) -> None:
    refused = backtrace("doctor", folder=tmp_path, BACKTRACE_WHATSAPP_TEMPLATES="HX1")
    assert refused.returncode == 2
    assert "BACKTRACE_WHATSAPP_TEMPLATES" in refused.stderr
    assert "HX1" not in refused.stderr
    (tmp_path / ".env").write_text("BACKTRACE_TELEGRAM_BOTT=nord_bot\n")
    examined = backtrace("doctor", folder=tmp_path)
    assert examined.returncode == 1
    assert "BACKTRACE_TELEGRAM_BOTT is set, and no setting has that name" in examined.stdout


def test_cards_lead_to_the_bot_of_the_token_and_to_a_service_without_a_number(
    tmp_path: Path,
) -> None:
    backtrace("migrate", folder=tmp_path)
    asked = ("enrol", "--language", "en", "--name", "Birgit", "--channel")
    me = {"ok": True, "result": {"id": 4711, "is_bot": True, "username": "nord_bot"}}
    with answering({"/bot4711:abc/getMe": (200, me)}) as url:
        there = {"BACKTRACE_TELEGRAM_TOKEN": "4711:abc", "BACKTRACE_TELEGRAM_API_URL": url}
        made = backtrace(*asked, "telegram", folder=tmp_path, **there)
    assert "https://t.me/nord_bot?start=" in made.stdout
    away = backtrace(*asked, "telegram", folder=tmp_path, **there)
    assert away.returncode == 2
    assert "it is not set up here" in away.stderr
    service = {
        "BACKTRACE_TWILIO_ACCOUNT_SID": "AC" + "0" * 32,
        "BACKTRACE_TWILIO_AUTH_TOKEN": "t0ken",
        "BACKTRACE_TWILIO_MESSAGING_SERVICE_SID": "MG" + "0" * 32,
    }
    made = backtrace(*asked, "sms", folder=tmp_path, **service)
    assert "Send this text message to BackTrace: START " in made.stdout


def test_a_list_of_the_erased_that_cannot_be_kept_is_named(tmp_path: Path) -> None:
    backtrace("migrate", folder=tmp_path)
    for place, advice in ((tmp_path / "nowhere/erased", "does not exist"), (tmp_path, "no file")):
        setting = {"BACKTRACE_ERASED_FILE": str(place)}
        examined = backtrace("doctor", folder=tmp_path, **setting)
        assert examined.returncode == 1
        assert "wrong  list of the erased: BACKTRACE_ERASED_FILE: " in examined.stdout
        refused = backtrace("backup", "copy.db", folder=tmp_path, **setting)
        assert refused.returncode == 2
        assert "BACKTRACE_ERASED_FILE" in refused.stderr
        assert advice in refused.stderr
        assert not (tmp_path / "copy.db").exists()


def test_what_the_tests_read_is_no_misspelt_setting(tmp_path: Path) -> None:
    read = {"BACKTRACE_TEST_LONG": "1", "BACKTRACE_TEST_SEED": "7"}
    assert "no setting has that name" not in backtrace("doctor", folder=tmp_path, **read).stdout


@pytest.mark.parametrize("name", ["nofile.db", "folder"])
def test_a_backup_that_is_no_file_is_named_before_anything_else(tmp_path: Path, name: str) -> None:
    (tmp_path / "folder").mkdir()
    refused = backtrace("restore", name, "--replace", folder=tmp_path)
    assert refused.returncode == 2
    assert refused.stderr.startswith(("there is no backup at nofile.db", "folder is no file"))


def test_a_backup_writes_over_no_folder(tmp_path: Path) -> None:
    backtrace("migrate", folder=tmp_path)
    (tmp_path / "copies").mkdir()
    refused = backtrace("backup", "--overwrite", "copies", folder=tmp_path)
    assert refused.returncode == 2
    assert "copies is no file" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_doctor_finds_an_empty_and_a_migrated_database(tmp_path: Path, database_url: str) -> None:
    url = {"BACKTRACE_DATABASE_URL": database_url, "BACKTRACE_KEYS": new_keys(tmp_path)}
    before = backtrace("doctor", folder=tmp_path, **url)
    assert before.returncode == (0 if "sqlite" in database_url else 1)
    assert backtrace("migrate", folder=tmp_path, **url).returncode == 0
    after = backtrace("doctor", folder=tmp_path, **url)
    assert after.returncode == 0
    assert "ok     database: reachable" in after.stdout


def test_nobody_migrates_the_file_under_a_running_serve(tmp_path: Path) -> None:
    with exclusive(f"sqlite:///{tmp_path / 'backtrace.db'}"):
        refused = backtrace("migrate", folder=tmp_path)
    assert refused.returncode == 2
    assert "backtrace.db is in use" in refused.stderr
    assert not (tmp_path / "backtrace.db").exists()


def new_keys(folder: Path) -> str:
    return backtrace("keys", "new", folder=folder).stdout.strip()


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("BACKTRACE_ENV", "prod", "'development' or 'production'"),
        ("BACKTRACE_DATABASE_URL", "mysql://root:hunter2@db/x", "write sqlite:///file.db"),
        ("BACKTRACE_PUBLIC_URL", "clinic.example", "write it as https://"),
        ("BACKTRACE_MINIMUM_ODI_ANSWERS", "11", "less than or equal to 10"),
        ("BACKTRACE_KEEP_MESSAGES_DAYS", "999999999999", "less than or equal to 36500"),
        ("BACKTRACE_KEEP_ACCESS_DAYS", "36501", "less than or equal to 36500"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_kept_to_ourselves(
    tmp_path: Path, name: str, value: str, advice: str
) -> None:
    refused = backtrace("serve", folder=tmp_path, **{name: value})
    assert refused.returncode == 2
    assert name in refused.stderr
    assert advice in refused.stderr
    assert "hunter2" not in refused.stderr


@pytest.mark.parametrize("command", ["serve", "web"])
@pytest.mark.parametrize("address", ["", "http://clinic.example"])
def test_production_without_https_does_not_start(
    tmp_path: Path, command: str, address: str
) -> None:
    allowed = {"BACKTRACE_ENV": "production", "BACKTRACE_ALLOW_DEMONSTRATION_WORDING": "true"}
    keys = {"BACKTRACE_KEYS": new_keys(tmp_path), "BACKTRACE_PUBLIC_URL": address}
    refused = backtrace(command, folder=tmp_path, **allowed, **keys)
    assert refused.returncode == 2
    assert "BACKTRACE_PUBLIC_URL must begin with https://" in refused.stderr


def test_the_development_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    backtrace("migrate", folder=tmp_path)
    backtrace("enrol", folder=tmp_path)
    key = tmp_path / "backtrace.db.key"
    first = key.read_text()
    assert key.stat().st_mode & 0o777 == 0o600
    backtrace("enrol", folder=tmp_path)
    assert key.read_text() == first


def test_doctor_changes_nothing(tmp_path: Path) -> None:
    backtrace("doctor", folder=tmp_path)
    missing = tmp_path / "missing"
    url = {"BACKTRACE_DATABASE_URL": f"sqlite:///{missing}/x.db", "BACKTRACE_DATABSE_URL": "x"}
    found = backtrace("doctor", folder=tmp_path, **url)
    assert list(tmp_path.iterdir()) == []
    assert "its folder does not exist" in found.stdout
    assert "BACKTRACE_DATABSE_URL is set, and no setting has that name" in found.stdout


def test_what_is_held_is_not_released_and_dropped_at_once() -> None:
    refused = CliRunner().invoke(app, ["outbox", "--release-held", "--drop-held"])
    assert refused.exit_code == 2
    assert "choose one" in refused.stderr


def test_a_patient_is_enrolled_by_a_link_into_the_web_chat(tmp_path: Path) -> None:
    backtrace("migrate", folder=tmp_path)
    number, link = enrolled(tmp_path, "--language", "da")
    assert link.startswith("http://127.0.0.1:8000/chat/in/")
    assert number.isdecimal()
    another, other_link = enrolled(tmp_path)
    assert another != number
    assert other_link != link


def test_a_code_and_a_card_are_made_for_a_patient_who_comes_in_by_them(tmp_path: Path) -> None:
    backtrace("migrate", folder=tmp_path)
    file = tmp_path / "card.html"
    bot = {"BACKTRACE_TELEGRAM_BOT": "@klinik_nord_bot"}
    asked = ("--language", "da", "--channel", "telegram", "--name", "Birgit", "--card", str(file))
    made = backtrace("enrol", *asked, "--days", "3", folder=tmp_path, **bot)
    patient, code, own, telegram, web = made.stdout.splitlines()
    shown = code.split()[1]
    digits = own.split()[2]
    assert (
        telegram
        == f"Åbn https://t.me/klinik_nord_bot?start={shown} i appen Telegram, og tryk på Start."
    )
    assert "/chat/in/" in web
    card = file.read_text("utf-8")
    assert all(each in card for each in (shown, digits, "Til Birgit", "112", "HJÆLP", "<svg"))
    assert file.stat().st_mode & 0o777 == 0o600
    taken = backtrace("enrol", *asked, folder=tmp_path, **bot)
    assert "card.html is there already; choose another name" in taken.stderr
    assert file.read_text("utf-8") == card
    again = backtrace("enrol", "--patient", patient.split()[1], folder=tmp_path, **bot)
    assert again.stdout.splitlines()[0] == patient
    assert shown not in again.stdout
    # The card before is worth nothing any more: the patient has never been heard.
    assert re.search(r"own code \d{4}", again.stdout)
    assert web not in again.stdout


def enrolled(folder: Path, *arguments: str) -> tuple[str, str]:
    """The number and link of a new patient."""
    said, link = backtrace("enrol", *arguments, folder=folder).stdout.splitlines()
    return said.removeprefix("patient "), link


@pytest.mark.parametrize("command", [("enrol",), ("link", "1"), ("cases",), ("web",), ("worker",)])
def test_without_tables_it_says_how_to_make_them(
    tmp_path: Path, database_url: str, command: tuple[str, ...]
) -> None:
    url = {"BACKTRACE_DATABASE_URL": database_url, "BACKTRACE_KEYS": new_keys(tmp_path)}
    refused = backtrace(*command, folder=tmp_path, **url)
    alone = command[0] in ("web", "worker") and database_url.startswith("sqlite")
    assert refused.returncode == 2
    assert ("run `backtrace serve`" if alone else "run `backtrace migrate`") in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_older_schema_is_refused(tmp_path: Path, database_url: str) -> None:
    upgrade(database_url)
    database = Database(database_url)
    with database.write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0001'"))
    database.close()
    url = {"BACKTRACE_DATABASE_URL": database_url, "BACKTRACE_KEYS": new_keys(tmp_path)}
    refused = backtrace("enrol", folder=tmp_path, **url)
    assert refused.returncode == 2
    assert "is at revision 0001" in refused.stderr


@pytest.mark.parametrize("port", ["abc", "-1"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    refused = backtrace("serve", folder=tmp_path, PORT=port)
    assert refused.returncode == 2
    assert "Traceback" not in refused.stderr


def test_a_patient_with_a_new_phone_gets_a_new_link(tmp_path: Path) -> None:
    backtrace("migrate", folder=tmp_path)
    number, first = enrolled(tmp_path)
    second = backtrace("link", number, folder=tmp_path).stdout.strip()
    assert open_links(tmp_path, first, second) == [True, True]
    third = backtrace("link", number, "--sign-out", folder=tmp_path).stdout.strip()
    assert open_links(tmp_path, first, second, third) == [False, False, True]
    with database(tmp_path).read() as connection:
        actions = [record.action for record in audit.records(connection, int(number))]
    assert actions[-3:] == ["web-link", "web-link", "web-link-anew"]


def open_links(folder: Path, *links: str) -> list[bool]:
    """Which of these links still let somebody in."""
    ring = Ring.parse((folder / "backtrace.db.key").read_text().strip())
    now = datetime.now(UTC)
    with database(folder).read() as connection:
        return [
            web_access.find_link(connection, ring, link.rpartition("/")[2], now) is not None
            for link in links
        ]


def database(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'backtrace.db'}")


def test_a_number_that_nobody_has_gets_no_link(tmp_path: Path) -> None:
    backtrace("migrate", folder=tmp_path)
    refused = backtrace("link", "4711", folder=tmp_path)
    assert refused.returncode == 2
    assert "no patient has the number 4711" in refused.stderr
    too_large = backtrace("link", "9" * 20, folder=tmp_path)
    assert too_large.returncode == 2
    assert "Traceback" not in too_large.stderr


def test_the_clinic_reads_its_list_and_takes_off_what_is_dealt_with(tmp_path: Path) -> None:
    backtrace("migrate", folder=tmp_path)
    number, _ = enrolled(tmp_path)
    with database(tmp_path).write() as connection:
        for case_id, kind in enumerate((cases.Kind.PERSON, cases.Kind.SELF_HARM), start=70):
            cases.open_case(connection, case_id, int(number), kind, now=datetime.now(UTC))

    _, urgent, calm = backtrace("cases", folder=tmp_path).stdout.splitlines()
    assert urgent.split()[:5] == ["71", number, "self-harm", "-", "open"]
    assert calm.split()[:3] == ["70", number, "person"]

    unsaid = backtrace("cases", "--handled", "71", folder=tmp_path)
    assert unsaid.returncode == 2
    assert "choose doctor-looked, spoke, rang-emergency, mistake" in unsaid.stderr
    taken = backtrace("cases", "--take", "71", folder=tmp_path).stdout.splitlines()
    assert taken[1].split()[5] == "operator"
    given_back = backtrace("cases", "--give-back", "71", folder=tmp_path).stdout.splitlines()
    assert given_back[1].split()[5] == "-"
    handled = ("cases", "--handled", "71", "--reason", "spoke", "--note", "rang her")
    left = backtrace(*handled, folder=tmp_path).stdout.splitlines()
    assert [line.split()[0] for line in left] == ["case", "70"]
    with database(tmp_path).read() as connection:
        newest = list(audit.records(connection, int(number)))[-1]
    assert (newest.actor, newest.action) == ("operator", "case-handled")
    assert newest.subject == "case:71,spoke"
    again = backtrace(*handled, folder=tmp_path)
    assert again.returncode == 2
    assert "no case 71 is on the list" in again.stderr


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("--language", "sv"), "choose da, en"),
        (("--pathway", "knee"), "choose low-back-pain"),
        (("--timezone", "Moon/Base"), "Europe/Copenhagen"),
        (("--channel", "web"), "--language: choose da, en"),
        (("--channel", "sms", "--language", "en"), "it is not set up here; choose web"),
        (("--channel", "web", "--language", "en", "--hour", "7"), "a time from 08:00 to 20:59"),
        (("--card", "nowhere/card.html", "--language", "en"), "--card: No such file"),
        (("--hour", "18:00"), "--language: choose da, en"),
        (("--language", "en", "--weekday", "payday"), "--weekday: choose monday"),
        (("--language", "en", "--phone", "+4520304050"), "--phone: only an SMS can be sent"),
        (("--patient", "7", "--hour", "18:00", "--name", "B"), "--hour, --name: not together"),
        (("--patient", "7"), "use `backtrace link 7`"),
    ],
)
def test_an_enrolment_that_cannot_be_is_refused(
    tmp_path: Path, arguments: tuple[str, ...], advice: str
) -> None:
    backtrace("migrate", folder=tmp_path)
    refused = backtrace("enrol", *arguments, folder=tmp_path)
    assert refused.returncode == 2
    assert advice in refused.stderr
    assert "patient " not in refused.stdout


def test_nobody_with_that_number_gets_no_card(tmp_path: Path) -> None:
    backtrace("migrate", folder=tmp_path)
    asked = ("enrol", "--patient", "99", "--card", "card.html")
    refused = backtrace(*asked, folder=tmp_path, BACKTRACE_TELEGRAM_BOT="nord_bot")
    assert "no patient has the number 99" in refused.stderr
    assert not (tmp_path / "card.html").exists()


def test_the_clinic_chooses_day_and_hour_without_a_channel(tmp_path: Path) -> None:
    backtrace("migrate", folder=tmp_path)
    asked = ("enrol", "--language", "da", "--weekday", "monday", "--hour", "18:00")
    made = backtrace(*asked, folder=tmp_path)
    assert made.returncode == 0
    assert "code " in made.stdout
    assert "/chat/in/" in made.stdout


def test_a_chat_in_the_terminal_goes_from_hello_to_the_oswestry_score(tmp_path: Path) -> None:
    said = "\n".join(["B", *"CBCCCCCCCC", ""])
    talked = backtrace("chat", "--flow", "odi", "--language", "da", folder=tmp_path, typed=said)
    assert talked.returncode == 0
    assert "10/10" in talked.stdout
    assert talked.stderr == ""


def test_time_passes_in_the_terminal_when_told_to(tmp_path: Path) -> None:
    said = "\n".join(["A", "yes", "Ole", "C", "monday", "4071", "no", *["b"] * 9, "+2d", ""])
    talked = backtrace("chat", folder=tmp_path, typed=said)
    assert "Thank you, Ole" in talked.stdout
    assert "1/10" in talked.stdout


def test_a_replay_asks_in_the_wording_of_the_packs(tmp_path: Path) -> None:
    packs = tmp_path / "packs"
    packs.mkdir()
    (packs / "odi.en.yaml").write_text(pack())
    (tmp_path / "steps.jsonl").write_text(STEPS)
    played = backtrace("replay", "steps.jsonl", folder=tmp_path, BACKTRACE_WORDING_DIR=str(packs))
    assert "Licensed pain-intensity" in played.stdout
    assert backtrace("flows", "check", str(packs), folder=tmp_path).returncode == 0


def test_a_pack_that_does_not_fit_stops_everything_that_would_ask_in_it(tmp_path: Path) -> None:
    packs = tmp_path / "packs"
    packs.mkdir()
    (packs / "odi.en.yaml").write_text(pack().replace("  lifting:", "  liftin:"))
    (tmp_path / "steps.jsonl").write_text(STEPS)
    setting = {"BACKTRACE_WORDING_DIR": str(packs)}
    for arguments, code in (
        (("flows", "check", str(packs)), 1),
        (("replay", "steps.jsonl"), 2),
        (("serve",), 2),
        (("doctor",), 1),
    ):
        refused = backtrace(*arguments, folder=tmp_path, **setting)
        assert refused.returncode == code, arguments
        assert "odi.en.yaml:25: " in refused.stderr + refused.stdout, arguments


STEPS = """\
{"at": "2026-03-02T10:00:00+01:00", "enrol": {"patient": "p1", "name": "B", "channel": "sms", \
"address": "+4500000000", "language": "en", "timezone": "Europe/Copenhagen", "pathway": null, \
"consent": true}}
{"at": "2026-03-02T10:00:00+01:00", "start": {"patient": "p1", "flow": "odi"}}
"""


def test_the_outbox_is_listed_and_nothing_is_made_up(tmp_path: Path) -> None:
    assert backtrace("migrate", folder=tmp_path).returncode == 0
    keys = {"BACKTRACE_KEYS": new_keys(tmp_path)}
    listed = backtrace("outbox", folder=tmp_path, **keys)
    assert (listed.returncode, listed.stdout) == (0, "Nothing waits.\n")
    for option in ("--resend", "--drop"):
        refused = backtrace("outbox", option, "7", folder=tmp_path, **keys)
        assert refused.returncode == 2
        assert "message 7 was not given up" in refused.stderr
    none = backtrace("outbox", "--resend-all", "sms/30007", folder=tmp_path, **keys)
    assert none.stdout == "0 of 0 are tried again\nNothing waits.\n"
    nowhere = backtrace("outbox", "--resend-all", "pigeon/lost", folder=tmp_path, **keys)
    assert nowhere.returncode == 2
    assert "there is no channel pigeon; choose email" in nowhere.stderr


def test_a_bounce_that_is_none_is_refused_as_mail_servers_read_it(tmp_path: Path) -> None:
    keys = {"BACKTRACE_KEYS": new_keys(tmp_path)}
    refused = backtrace("bounce", folder=tmp_path, typed="Subject: hello\n\nHello.\n", **keys)
    assert (refused.returncode, refused.stdout) == (65, "")
    assert refused.stderr == "not a delivery report\n"
