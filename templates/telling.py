"""How the parts of a summary are put into a few words, the same on the page and in the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from templates.words import Words


@dataclass(frozen=True, slots=True)
class Telling:
    """Words for the parts of one summary.

    `names` says what authors are called (`professional:7` -> a name), `viewer` is the author
    who reads, `labels` holds the definitions' own short titles and option texts, by
    `flow`, `flow/item` and `flow/item/option`.
    """

    words: Words
    viewer: str | None
    names: Mapping[str, str]
    labels: Mapping[str, str]

    def who(self, author: str) -> str:
        """Who wrote it."""
        if author == self.viewer:
            return self.words.say("you")
        return self.names.get(author) or self.words.say(author.partition(":")[0])

    @property
    def viewer_name(self) -> str:
        """What the patient calls the one who reads."""
        return self.names.get(self.viewer or "", "")

    def measure(self, course: Any) -> str:
        """What the measure is called."""
        return self.instrument(course.measure.id)

    def instrument(self, flow: str) -> str:
        """What the instrument is called."""
        return self.words.name("measure", flow, self.labels.get(flow))

    def scale(self, course: Any) -> str:
        """The range of its values: `/7` for days of a week, `0–100`."""
        top = course.measure.maximum
        if top is None:
            return ""
        return "/7" if top == 7 else f"0–{top}"

    def marks(self, change: Any) -> str:
        """What the rules say about a change; empty where there is no rule."""
        if change.by == 0:
            return self.words.say("direction.unchanged")
        marks = []
        if change.important is not None:
            marks.append("change.important" if change.important else "change.not-important")
        if change.beyond_measurement_error:
            marks.append("change.beyond")
        return ", ".join(self.words.say(mark) for mark in marks)

    def flag(self, flag: Any) -> str:
        """Which warning sign."""
        if flag.item is None:
            return self.words.say("flag.unnamed")
        return self.words.name("flag", flag.item, self.labels.get(f"{flag.flow}/{flag.item}"))

    def fact(self, fact: Any) -> str:
        """What the patient answered, in the words of the option or their own."""
        if fact.state != "answer":
            return self.words.say(f"asked.{fact.state}")
        if fact.code is not None:
            label = self.labels.get(f"{fact.flow}/{fact.item}/{fact.code}")
            return self.words.name(f"answer.{fact.item}", fact.code, label)
        if fact.value is not None:
            return self.words.number(fact.value)
        return fact.text or ""

    def start_back(self, screening: Any) -> str:
        """The group with its sums, or why there is none."""
        if screening.group is None:
            return self.words.say(
                "start-back.unclassified", answered=screening.answered, of=screening.of
            )
        return self.words.say(
            "start-back.group",
            group=self.words.name("start-back", screening.group),
            total=self.words.number(screening.total),
            subscale=screening.subscale,
        )

    def wording(self, summary: Any) -> str:
        """In whose words the instruments were asked; empty when none was."""
        if summary.demonstration:
            return self.words.say("complete.demonstration")
        if not summary.wordings:
            return ""
        return self.words.say("complete.wording", names=", ".join(summary.wordings))

    def follow_up(self, flag: Any) -> str:
        """What the patient said later about a warning sign; empty when nothing."""
        told = flag.follow_up
        if flag.mistaken:
            return self.words.say("flags.mistaken")
        if told is None:
            return ""
        return self.words.say(f"follow-up.{told.code}")
