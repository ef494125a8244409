"""A phone that only gets links: what is said stands in the web chat, and the phone is nudged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import pytest
from sqlalchemy import select

from backtrace.definitions import shipped_library
from bot.channels import NotSent, Trouble
from bot.conversation.effects import SetDue
from bot.conversation.plain_words import PLAIN
from bot.held import hold
from bot.segments import is_gsm7, segments
from templates.catalogue import load_catalogues
from tests.bot.house import House
from trajectory import patients, tables, web_access
from trajectory.database import Database

PHONE = "+4511223344"
LINK = re.compile(r"https://nord\.example/chat/in/[A-Za-z0-9_-]{43}")
CHECK_IN_WAITS = "A check-in waits for you. Open it here: "
MESSAGE_WAITS = "A message waits for you. Open it here: "


@pytest.fixture
def linked(migrated_database_url: str) -> Iterator[House]:
    """A clinic whose text messages carry nothing but links."""
    database = Database(migrated_database_url, durable=False)
    yield House(database, answers={"sms": "link"})
    database.close()


def enrol(house: House, **how: str | None) -> int:
    return house.enrol(PHONE, channel="sms", **how).patient_id  # type: ignore[arg-type]


def ask(house: House) -> int:
    """A patient in front of the first question of a check-in, an hour after the nudge."""
    patient_id = enrol(house)
    house.ask(patient_id)
    house.wait(hours=1)
    return patient_id


def text(house: House, words: str) -> list[str]:
    """The patient writes by SMS; what comes back on the phone."""
    before = len(house.sms.sent)
    house.write(words, PHONE, channel="sms")
    house.settle()
    return house.sms.texts()[before:]


def chat(house: House, words: str, patient_id: int) -> None:
    """The patient writes in the web chat."""
    house.write(words, web_address(house, patient_id), channel="web")
    house.settle()


def web_address(house: House, patient_id: int) -> str:
    with house.database.read() as connection:
        known = patients.addresses(connection, house.sealer(patient_id), patient_id)
    return next(each.value for each in known if each.channel == "web")


def press(house: House, patient_id: int, number: int = -1) -> None:
    button = house.web.sent[-1].parcel.rendered.buttons[number]
    house.press(button, web_address(house, patient_id), channel="web")
    house.settle()


def nudges(texts: list[str]) -> list[str]:
    """What the nudges among these texts say before their link."""
    return [LINK.sub("", each) for each in texts if LINK.search(each)]


def tell(house: House, patient_id: int, words: str) -> None:
    """Somebody who treats the patient writes."""
    now = house.clock.now()
    with (
        house.database.write() as connection,
        hold(connection, house.deployment, patient_id, now) as held,
    ):
        held.tell(words)
    house.settle()


def links(house: House) -> int:
    """How many links would still open something."""
    table = tables.core(tables.WebLink)
    with house.database.read() as connection:
        return len(connection.execute(select(table).where(table.c.used_at.is_(None))).all())


def test_the_question_stands_in_the_chat_and_the_phone_gets_a_link(linked: House) -> None:
    patient_id = enrol(linked)
    linked.ask(patient_id)
    assert "0-10" not in " ".join(linked.sms.texts())
    assert nudges(linked.sms.texts()) == [CHECK_IN_WAITS]
    question = linked.web.sent[-1].parcel
    assert question.address == f"patient-{patient_id}"
    assert [button.label for button in question.rendered.buttons] == [str(n) for n in range(11)]


@pytest.mark.parametrize("language", ["en", "da"])
@pytest.mark.parametrize("key", ["link.scheduled", "link.reply"])
def test_a_nudge_costs_one_text_message(language: str, key: str) -> None:
    url = f"https://backtrace.rygcenter-nordjylland.example/chat/in/{'x' * 43}"
    said = load_catalogues("messages")[language].say(key, link=url)
    assert is_gsm7(said)
    assert segments(said) == 1


def test_the_nudge_speaks_the_patients_language(linked: House) -> None:
    patient_id = enrol(linked, language="da")
    linked.ask(patient_id)
    assert nudges(linked.sms.texts()) == ["Et par spørgsmål venter på dig. Åbn dem her: "]


def test_the_link_of_the_nudge_leads_to_this_patient(linked: House) -> None:
    patient_id = enrol(linked)
    linked.ask(patient_id)
    token = linked.sms.texts()[-1].rpartition("/")[2]
    with linked.database.read() as connection:
        ring, now = linked.deployment.ring, linked.clock.now()
        link = web_access.find_link(connection, ring, token, now)
    assert link is not None
    assert link.patient_id == patient_id
    assert link.address_id is not None


def test_an_answer_that_comes_by_text_message_counts_and_is_echoed_in_the_chat(
    linked: House,
) -> None:
    patient_id = ask(linked)
    assert nudges(text(linked, "7")) == [MESSAGE_WAITS]
    assert linked.answers(patient_id) == [("pain", 7.0)]
    assert linked.web.texts()[-1].startswith("Thanks: 7.")


def test_many_text_messages_bring_one_link(linked: House) -> None:
    patient_id = ask(linked)
    sent = [text(linked, words) for words in ("7", "2", "what helps?")]
    assert [len(nudges(each)) for each in sent] == [1, 0, 0]
    assert len(linked.answers(patient_id)) == 2
    linked.wait(hours=1)
    assert nudges(text(linked, "1")) == [MESSAGE_WAITS]


def test_who_is_in_the_chat_just_now_reads_the_reply_there(linked: House) -> None:
    patient_id = ask(linked)
    chat(linked, "7", patient_id)
    assert text(linked, "2") == []
    assert "2 days" in linked.web.texts()[-1]


def test_the_calendar_sends_a_link_again_however_young_the_one_before(linked: House) -> None:
    patient_id = ask(linked)
    text(linked, "7")
    linked.wait(minutes=20)
    linked.set_due(patient_id, flow="odi")
    chat(linked, "hello", patient_id)
    before = len(linked.sms.sent)
    linked.set_row(patient_id, SetDue("remind", "remind", linked.clock.now(), session(linked)))
    linked.settle()
    assert nudges(linked.sms.texts()[before:]) == [CHECK_IN_WAITS]


def session(house: House) -> int:
    """The session whose question waits."""
    with house.database.read() as connection:
        row = connection.execute(select(tables.core(tables.Conversation))).one()
    return int(row.session_id)


def test_what_falls_due_together_brings_one_link(linked: House) -> None:
    patient_id = enrol(linked)
    linked.set_due(patient_id)
    linked.set_due(patient_id, flow="intake")
    linked.settle()
    assert len(nudges(linked.sms.texts())) == 1


def test_stop_and_start_are_confirmed_where_they_are_written(linked: House) -> None:
    patient_id = ask(linked)
    assert text(linked, "STOP") == ["Stopped. I will not write again. START begins again."]
    linked.set_due(patient_id, flow="odi")
    linked.settle()
    assert linked.sms.texts()[-1].startswith("Stopped.")
    welcome, *rest = text(linked, "START")
    assert welcome == "Welcome back. The questions come as always."
    assert nudges(rest) == [MESSAGE_WAITS]
    assert "Welcome back" in " ".join(linked.web.texts())


def test_stop_takes_a_nudge_back_that_has_not_gone_out(linked: House) -> None:
    patient_id = enrol(linked)
    linked.sms.trouble = [NotSent(Trouble.RETRY, "30001")]
    linked.ask(patient_id)
    assert linked.sms.texts() == []
    text(linked, "STOP")
    linked.wait(hours=2)
    assert linked.sms.texts() == ["Stopped. I will not write again. START begins again."]


def test_a_phone_out_of_reach_holds_the_chat_back_in_nothing(linked: House) -> None:
    patient_id = enrol(linked)
    linked.sms.trouble = [NotSent(Trouble.RETRY, "30001")]
    linked.ask(patient_id)
    assert len(linked.web.sent) == 1
    press(linked, patient_id, 7)
    assert linked.answers(patient_id) == [("pain", 7.0)]
    linked.wait(minutes=5)
    assert nudges(linked.sms.texts()) == [CHECK_IN_WAITS]


def test_help_and_a_person_are_to_be_had_on_the_phone(linked: House) -> None:
    ask(linked)
    assert text(linked, "HELP")[0].startswith("You can write: BACK to change an answer")
    assert "list for a person at Klinik Nord" in text(linked, "talk to a person")[0]


def test_a_warning_sign_is_answered_in_full_on_the_phone_and_in_the_chat(linked: House) -> None:
    ask(linked)
    said = text(linked, "I cannot control my bladder and my crotch is numb")
    assert said[0].startswith("Call 112 NOW.")
    assert linked.web.texts()[-1] == said[0]
    assert nudges(said) == []


def test_what_to_do_is_said_on_the_phone_until_somebody_has_looked(linked: House) -> None:
    ask(linked)
    text(linked, "I cannot control my bladder and my crotch is numb")
    linked.wait(hours=3)
    assert nudges(linked.sms.texts()[-1:]) == [CHECK_IN_WAITS]
    assert "Please call 112 now" in text(linked, "not yet")[0]


def test_a_note_from_the_physio_is_read_in_the_chat(linked: House) -> None:
    patient_id = enrol(linked)
    linked.clock.set(linked.clock.now().replace(hour=22))
    tell(linked, patient_id, "Note from Anne: walk")
    linked.wait(hours=2)
    tell(linked, patient_id, "Note from Anne: and swim")
    assert linked.sms.texts() == []
    linked.wait(hours=10)
    assert nudges(linked.sms.texts()) == [MESSAGE_WAITS]
    assert linked.web.texts()[-2:] == ["Note from Anne: walk", "Note from Anne: and swim"]


def test_after_a_long_silence_the_phone_is_asked_who_reads_before_any_link(
    linked: House,
) -> None:
    patient_id = enrol(linked)
    linked.wait(days=61)
    linked.ask(patient_id)
    assert linked.sms.texts() == [
        "Message from Klinik Nord to B. Is it you?\nA: Yes\nB: No, wrong number"
    ]
    assert links(linked) == 0
    said = text(linked, "yes")
    assert nudges(said) == [MESSAGE_WAITS]


@pytest.mark.both_databases
def test_a_wrong_number_is_left_no_link_that_opens(linked: House) -> None:
    patient_id = ask(linked)
    assert links(linked) == 1
    assert text(linked, "wrong number")[0].startswith("Sorry to disturb.")
    text(linked, "A")
    assert links(linked) == 0
    linked.ask(patient_id, "odi")
    assert linked.sms.texts()[-1].startswith("Sorry to disturb.")


def test_deleting_everything_is_confirmed_on_the_phone(linked: House) -> None:
    patient_id = ask(linked)
    text(linked, "delete my data")
    chat(linked, "A", patient_id)
    assert "In a few minutes everything is deleted" in text(linked, "DELETE")[0]
    linked.wait(hours=1)
    assert links(linked) == 0


def test_other_channels_carry_their_answers_as_ever(linked: House) -> None:
    patient = linked.enrol()
    linked.ask(patient.patient_id)
    assert len(linked.telegram.sent[-1].parcel.rendered.buttons) == 11
    assert linked.web.sent == []


def test_who_prefers_the_chat_is_sent_no_text_message(linked: House) -> None:
    patient = linked.enrol("birgit-web", channel="web")
    linked.add_address(patient.patient_id, "sms", PHONE)
    linked.ask(patient.patient_id)
    assert (len(linked.web.sent), linked.sms.sent) == (1, [])


def test_messages_that_a_phone_may_carry_are_filled_with_nothing_about_health() -> None:
    harmless = {
        "clinic", "emergency", "doctor", "helpline", "travel", "who", "day", "opens", "closes",
        "initial", "link", "hours", "about", "code", "minutes", "name", "languages", "names",
    }  # fmt: skip
    for words in load_catalogues("messages").values():
        filled = {name for key in PLAIN for name in re.findall(r"{(\w+)}", words.messages[key])}
        assert filled <= harmless


SECRET = "the allotment gate and my left knee"
BY_TEXT = {
    "en": (
        "summary", "add my physio Anne Berg anne@klinik.example",
        "send my summary to my physio / A / A / 4071 / A / A", "who can see my data",
        "who looked", "my plan", f"note {SECRET}", f"question for my next visit: {SECRET}",
        "my next visit is thursday 10:00", f"{SECRET} / A", "back", "6 or 7",
        "skip", "later", "4 2 1 0", "at 19", "pause for 2 weeks / resume", "help",
        "talk to a person", "stop sharing with Anne / A",
    ),
    "da": (
        "oversigt", "tilføj min fysioterapeut Anne Berg anne@klinik.example",
        "send min oversigt til min fysioterapeut / A / A / 4071 / A / A",
        "hvem kan se mine data", "hvem har kigget", "min plan", f"note {SECRET}",
        f"spørgsmål til mit næste besøg: {SECRET}", "mit næste besøg er torsdag 10:00",
        f"{SECRET} / A", "tilbage", "6 eller 7", "spring over", "senere",
        "4 2 1 0", "kl 19", "pause i 2 uger / genoptag", "hjælp", "tal med et menneske",
        "stop deling med Anne / A",
    ),
}  # fmt: skip
"""What the patient writes by text message, a day each."""


@pytest.mark.parametrize("language", ["en", "da"])
def test_over_a_whole_pathway_the_phone_carries_nothing_about_health(
    linked: House, language: str
) -> None:
    """Half of it is answered by text message, where nobody should; half in the chat."""
    patient = linked.enrol(
        PHONE, channel="sms", language=language, pathway="low-back-pain", consented=False
    )
    linked.settle()
    for words in ("A" if language == "en" else "dansk", "A"):
        text(linked, words)
    patient_id = patient.patient_id
    for words in ("Birgit", "18:00", "monday" if language == "en" else "mandag", "4071"):
        chat(linked, words, patient_id)
    live(linked, patient_id, BY_TEXT[language])
    linked.ask(patient_id)
    for words in ("7", "I meant 4" if language == "en" else "jeg mente 4", "A"):
        text(linked, words)

    kinds = {entry.kind for entry in linked.timeline(patient_id)}
    assert {"answer", "score", "note", "question", "correction", "grant"} <= kinds
    flows = {entry.flow for entry in linked.timeline(patient_id) if entry.kind == "score"}
    assert {"odi", "start-back"} <= flows
    asked = " ".join(linked.web.texts())
    assert not re.search(r"Send 4 answers|Send 4 svar", asked), "a page has room for each question"
    sent = linked.sms.texts()
    assert len(nudges(sent)) > 15
    assert [said for said in sent if not may_be_sent(said)] == []
    assert [said for said in sent for secret in health() if secret in said] == []


def live(house: House, patient_id: int, by_text: Sequence[str]) -> None:
    """Thirteen weeks, all that is asked being answered by text message on every second day."""
    own = iter(by_text)
    for day in range(13 * 7):
        house.wait(days=1)
        for words in next(own, "").split(" / ") if day % 2 else ():
            if words:
                text(house, words)
        for _ in range(14):
            buttons = house.web.sent[-1].parcel.rendered.buttons
            if not buttons:
                break
            if day % 2:
                text(house, buttons[-1].label.partition(":")[0])
            else:
                press(house, patient_id, len(buttons) // 2)


def may_be_sent(said: str) -> bool:
    """Whether every line is one of those that say nothing about health."""
    return all(any(known.fullmatch(line) for known in HARMLESS) for line in said.split("\n"))


def _harmless() -> list[re.Pattern[str]]:
    filled = {
        "link": LINK.pattern, "name": "Mette Dam", "clinic": "Klinik Nord", "emergency": "112",
        "doctor": "1813", "helpline": "70 201 201", "who": r"Anne Berg[\w ]+", "day": r"[\w. ]+",
        "opens": ".{5}", "closes": ".{5}", "initial": "B", "travel": ".{60,80}", "hours": "24",
        "about": "(how you are|hvordan du har det)", "code": r"\w{3} \w{3}", "minutes": "15",
        "languages": r"[\w ]+", "names": r"[\w ]+",
    }  # fmt: skip
    found = []
    for words in load_catalogues("messages").values():
        safety = {key for key in words.messages if key.startswith(("safety.", "link."))}
        for key in PLAIN | (
            safety - {"link.code", "safety.before-questions", "safety.number-elsewhere"}
        ):
            pattern = re.escape(words.messages[key]).replace(r"\{", "{").replace(r"\}", "}")
            found.append(re.compile(re.sub(r"{(\w+)}", lambda m: filled[m[1]], pattern)))
        for key in ("button.agree", "button.decline", "language.name"):
            found.append(re.compile(f"[AB]: {re.escape(words.messages[key])}"))
        hello, which = (words.messages[f"enrol.{key}"] for key in ("hello", "language"))
        found.append(re.compile(re.escape(f"{hello} {which}".format(clinic="Klinik Nord"))))
    return found


HARMLESS = _harmless()


def health() -> Iterator[str]:
    """Texts of questions and answers, and what this patient has written and told."""
    yield from (SECRET, "Oswestry", "Thanks:", "Tak:", "of 10", "af 10", "4071", "anne@")
    for flow in shipped_library().flows.values():
        for item in flow.items:
            yield from item.text.values()
            yield from (t for o in item.options for t in o.text.values() if len(t) > 9)
