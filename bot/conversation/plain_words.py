"""What says nothing about a patient's health, and so may be sent over any channel.

A channel whose answers are `link` carries these messages, safety messages, and nothing else
of what the conversation says. A message that is not named here goes to the web chat alone.
"""

from __future__ import annotations

PLAIN = frozenset(
    {
        # Before consent nothing is known of the patient yet.
        "enrol.hello",
        "enrol.welcome",
        "enrol.language",
        "enrol.consent",
        "enrol.again.language",
        "enrol.again.consent",
        "enrol.declined",
        "ended",
        # Stop and start have to be confirmed where they were said.
        "stop.done",
        "stop.shared",
        "stop.still",
        "start.again",
        "start.everything",
        "start.already",
        "pause.begun",
        "mute.questionnaires",
        "mute.check-ins",
        "delete.goodbye",
        "consent.withdrawn.remind",
        "consent.store-withdrawn",
        "consent.kept",
        "export.how",
        "export.link",
        "delete.under-way",
        # Help, and where a person is to be had.
        "help",
        "cannot.read",
        "aside.assistant",
        "aside.languages",
        "failed",
        "person.listed",
        "person.unclear",
        "person.looks.now",
        "person.looks.later-today",
        "person.looks.another-day",
        "person.not-waiting",
        "person.no-promise",
        "desk.begun",
        "desk.passed-on",
        "desk.button",
        "desk.over",
        "desk.over-unanswered",
        # A code for the room says nothing of how the patient is, and is needed there and then.
        "show.code",
        "show.not-here",
        # That something was answered elsewhere, not what it was about.
        "elsewhere.paper",
        "elsewhere.telephone",
        "elsewhere.tablet",
        # Whom to call and how soon, once the safety message itself has been sent.
        "safety.quiet",
        "follow-up.said.not-yet.emergency",
        "follow-up.said.not-yet.same-day",
        "follow-up.said.not-yet.soon",
        # Who reads there is asked where it is in doubt; the words are meant for anybody.
        "hands.neutral.ask",
        "hands.not-me.ask",
        "hands.died.ask",
        "hands.died.sorry",
        "hands.died.over",
        "hands.go-on",
        "hands.other-sorry",
    }
)
"""Keys of the message catalogue."""
