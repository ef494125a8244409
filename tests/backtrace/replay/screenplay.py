"""Transcripts written down as people would: one line for each thing that somebody does.

* enrol sms pathway=low-back-pain name=Birgit    * start odi
* wait 3h      * until 18:00      * until 18:00 in 2d      * enrol web consent=no
anything else is what the patient writes
{m1} a message with an id, and again the same one is a redelivery
{edits m1} the message m1, edited
[Label]        [Label] on 2       a button, of that message
anne@clinic.dk opens 1            anne@clinic.dk gives last
anne@clinic.dk notes Walk more.   anne@clinic.dk notes found=Stiff hips. agreed=Walk more.
anne@clinic.dk handles it
* directory anne@clinic.dk physiotherapist Anne Skov
anne@clinic.dk types last         the code that the patient says in the room
* desk takes over                 * desk says Come on Thursday.         * desk hands back
"""

from __future__ import annotations

import re
from typing import Any

from tests.backtrace.replay.playing import Script

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_PROFESSIONAL = re.compile(r"(\S+@\S+) (opens|gives|notes|handles|types) (.+)")
_FIELD = re.compile(r"(found|agreed|who|by)=(.+?)(?= (?:found|agreed|who|by)=|$)")
_TAP = re.compile(r"\[(.+)\](?: on (\d+))?")
_NAMED = re.compile(r"\{(edits )?(\w+)\} (.*)")


def screenplay(text: str, language: str) -> Script:
    """The script that these lines are, played in this language."""
    script = Script()
    for line in filter(None, map(str.strip, text.splitlines())):
        if line.startswith("* "):
            _direct(script, line[2:].split(), language)
        else:
            _act(script, line)
    return script


def _direct(script: Script, words: list[str], language: str) -> None:
    match words:
        case ["enrol", channel, *more]:
            script.enrol(channel=channel, language=language, **dict(map(_setting, more)))
        case ["start", flow]:
            script.start(flow)
        case ["wait", time]:
            script.wait(**{_UNITS[time[-1]]: float(time[:-1])})
        case ["directory", email, role, *name]:
            listed = {"name": " ".join(name), "email": email, "role": role, "language": language}
            script.step(directory=listed)
        case ["desk", "takes", "over"]:
            script.step(desk={"patient": "p1", "take-over": True})
        case ["desk", "says", *said]:
            script.step(desk={"patient": "p1", "say": " ".join(said)})
        case ["desk", "hands", "back"]:
            script.step(desk={"patient": "p1", "hand-back": True})
        case ["until", clock]:
            script.until(clock)
        case ["until", clock, "in", days]:
            script.until(clock, days=int(days.removesuffix("d")))
        case _:
            raise ValueError(" ".join(words))


def _setting(word: str) -> tuple[str, Any]:
    key, _, value = word.partition("=")
    return key, value == "yes" if key == "consent" else value


def _act(script: Script, line: str) -> None:
    if found := _PROFESSIONAL.fullmatch(line):
        _professional(script, *found.groups())
    elif found := _TAP.fullmatch(line):
        more: dict[str, Any] = {"on": int(found[2])} if found[2] else {}
        script.tap(found[1], **more)
    elif found := _NAMED.fullmatch(line):
        script.say(found[3], **{"edits" if found[1] else "id": found[2]})
    else:
        script.say(line)


def _professional(script: Script, who: str, does: str, what: str) -> None:
    acts: dict[str, dict[str, Any]] = {
        "opens": {"open": int(what) if does == "opens" else 0},
        "gives": {"code": what},
        "notes": {"note": dict(_FIELD.findall(what)) or what},
        "handles": {"handled": True},
        "types": {"room": what},
    }
    script.step(professional=who, **acts[does])
