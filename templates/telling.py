"""How the parts of a summary are put into a few words, the same on page, paper and in journals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from templates.plain import one_line
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
        name = one_line(self.names.get(author, ""), 60)
        return name or self.words.say(author.partition(":")[0])

    def says(self, author: str) -> str:
        """Whose words they are, plainly where it is the patient who tells of others."""
        return self.words.say("others.patient-says") if author == "patient" else self.who(author)

    def visit(self, visit: Any) -> str:
        """At which visit something was agreed."""
        key = "plan.visit-with" if visit.text else "plan.visit"
        return self.words.say(key, who=visit.text or "", day=self.words.day(visit.at))

    @property
    def viewer_name(self) -> str:
        """What the patient calls the one who reads."""
        return self.names.get(self.viewer or "", "")

    def measure(self, course: Any) -> str:
        """What the measure is called."""
        return str(course.measure.called(self.words.catalogue.language))

    def caption(self, course: Any) -> str:
        """What stands above the curve of a measure: its name and its range."""
        measure = course.measure
        key = "chart.count" if measure.counts else "chart.points"
        caption = self.words.say(key, name=self.measure(course), maximum=measure.maximum)
        about = self.about(measure)
        return f"{caption}, {about}" if about else caption

    def band(self, course: Any, point: Any) -> str:
        """What the band of a value is called; empty where it has none."""
        language = self.words.catalogue.language
        return course.measure.part(point.band, language) if point.band else ""

    def named(self, course: Any) -> str:
        """What the newest value is about, in the patient's words; empty where it is no such one."""
        return ", ".join(f'"{words}"' for words in course.now.named)

    def parts(self, course: Any, point: Any) -> str:
        """Its subscales: `anxiety 4 positive, depression 1`; empty where it has none."""
        return ", ".join(self._part(course, point, *part) for part in point.parts)

    def _part(self, course: Any, point: Any, id: str, value: int | None) -> str:
        name = course.measure.part(id, self.words.catalogue.language)
        said = [name, "–" if value is None else str(value)]
        return " ".join(said + ([self.words.say("table.positive")] if id in point.positive else []))

    def share(self, sitting: Any) -> str:
        """What stands in for a score that could not be given; empty where nothing does."""
        if sitting.share is None:
            return ""
        return self.words.say("complete.share", share=self.words.number(sitting.share))

    def instrument(self, flow: str) -> str:
        """What the instrument is called."""
        return self.labels.get(flow) or flow

    def scale(self, course: Any) -> str:
        """The range of its values: `/7` for days of a week, `0–100`."""
        top = course.measure.maximum
        return f"/{top}" if course.measure.counts else f"0–{top}"

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

    def urgency(self, flag: Any) -> str:
        """How soon somebody should look."""
        if not flag.urgency:
            return self.words.say("flags.heading")
        return self.words.name("urgency", flag.urgency)

    def is_quotable(self, flag: Any) -> bool:
        """Whether the patient wrote more than a button's word."""
        return " " in (flag.text or "").strip()

    def point(self, course: Any, point: Any) -> list[str]:
        """When a value was given, its band and subscales, and what is odd about it."""
        told = [self.words.day(point.at), self.band(course, point), self.parts(course, point)]
        return [each for each in told if each] + self.oddities(point)

    def oddities(self, point: Any) -> list[str]:
        """That a value was corrected, that items were left out, or that it came by no chat."""
        say, told = self.words.say, []
        if point.corrected:
            key = "table.corrected-late" if point.late else "table.corrected"
            told.append(say(key, earlier=self.words.number(point.earlier[-1])))
        if point.incomplete:
            told.append(say("table.incomplete", answered=point.answered, of=point.of))
        if point.mode:
            told.append(say(f"table.{point.mode}"))
        return told

    def completeness(self, summary: Any) -> list[str]:
        """How much was answered, by whom, and in whose wording."""
        complete, say = summary.completeness, self.words.say
        told = [
            say(
                "complete.check-ins",
                answered=complete.check_ins_answered,
                due=complete.check_ins_due,
            )
        ]
        if complete.last_check_in:
            told[0] += f", {say('complete.last', day=self.words.day(complete.last_check_in))}"
        told += [f"{self.sitting(each)}{self.lack(each)}" for each in complete.sittings]
        if complete.by_helper:
            told.append(self.words.count("complete.helper", complete.by_helper))
        return [*told, *filter(None, [self.wording(summary)])]

    def lack(self, sitting: Any) -> str:
        """What is missing from it, and what stands in for a score, after a comma; else empty."""
        if not sitting.scored:
            share = self.share(sitting)
            return f", {self.words.say('complete.not-scored')}" + (f", {share}" if share else "")
        return f", {self.words.say('complete.incomplete')}" if sitting.incomplete else ""

    def step(self, change: Any) -> str:
        """How far it went, which way that is for the patient, and whether it counts."""
        by, way = self.words.signed(change.by), self.way(change)
        between = " " if change.by and change.important is not False else ", "
        return f"{by}{between}{way}" if way else by

    def way(self, change: Any) -> str:
        """Which way it went for the patient, where that counts, and what the rules say."""
        marks = self.marks(change)
        if change.by == 0 or change.important is False:
            return marks
        direction = self.words.say(f"direction.{change.direction}")
        return f"{direction}, {marks}" if marks else direction

    def moved(self, before: Any, course: Any) -> str:
        """From one value to the newest, with the range of days."""
        number, say = self.words.number, self.words.say
        moved = say("change.from-to", before=number(before.value), after=number(course.now.value))
        if not course.measure.counts:
            return moved
        return f"{moved} {say('change.of', maximum=course.measure.maximum)}"

    def corrected(self, course: Any, was: Any) -> str:
        """That a value which was looked at is another one now."""
        number, day = self.words.number, self.words.day(was.at)
        about = {"measure": self.measure(course), "day": day, "seen": number(was.seen)}
        if was.now is None:
            return self.words.say("change.voided", **about)
        return self.words.say("change.corrected", **about, after=number(was.now))

    def silence(self, summary: Any) -> str:
        """Since when nothing has come."""
        weeks = (summary.now - summary.last_report).days // 7
        return self.words.say("change.silent", day=self.words.day(summary.last_report), weeks=weeks)

    def about(self, measure: Any) -> str:
        """What the measure is about, where its name does not say; else empty."""
        key = f"measure-about.{measure.id}"
        return self.words.say(key) if self.words.catalogue.has(key) else ""

    def next_visit(self, summary: Any) -> str:
        """When the next visit is; empty when none is agreed."""
        if summary.visit is None:
            return ""
        at, words = summary.visit.at, self.words
        today = words.day(at) == words.day(summary.now)
        key = "talk.visit-today" if today else "talk.visit"
        return words.say(key, day=words.day(at), time=words.clock(at))

    def pathway(self, summary: Any) -> str:
        """What the patient is followed for, and the week of it."""
        person, words = summary.person, self.words
        titles = person.pathway_titles
        title = titles.get(words.catalogue.language) or titles.get(person.language)
        if not title:
            return words.say("head.no-pathway")
        if summary.week is None:
            return str(title)
        return words.say("head.week", pathway=title, week=summary.week)

    def came_of(self, flag: Any) -> str:
        """What the patient was told, what they said later, and what a clinician wrote."""
        say, day, told = self.words.say, self.words.day, flag.follow_up
        parts = [say(f"told.{flag.urgency}")] if flag.urgency else []
        if followed := self.follow_up(flag):
            parts.append(f"{day(told.at)}: {followed}" if told else followed)
        if flag.note or flag.handled:
            key, by = ("flags.noted", flag.note) if flag.note else ("handled.by", flag.handled)
            parts.append(say(key, who=self.who(by.author), day=day(by.at)))
        return " ".join(parts)

    def noted(self, note: Any) -> str:
        """A note in one line, each of its fields with what it is."""
        say = self.words.say
        said = [
            f"{say(f'note.{field}')}: {words}" if field else words
            for field, words in note.said.items()
        ]
        return "; ".join([*(each.rstrip(".") for each in said[:-1]), *said[-1:]])

    def is_letter(self, contact: Any) -> bool:
        """Whether it is a letter that a professional pasted, and nothing the patient told."""
        return bool(contact.code) and contact.author.startswith("professional:")

    def met(self, contact: Any) -> str:
        """Who else was seen, or where a letter is from and what it says."""
        if not self.is_letter(contact):
            return contact.text or contact.code or ""
        return f"{self.words.name('sector', contact.code)}: {contact.text}"

    def told_by(self, contact: Any) -> str:
        """Who told of a contact, or put a letter there."""
        if not self.is_letter(contact):
            return self.says(contact.author)
        return self.words.say("letter.pasted", who=self.who(contact.author))

    def sitting(self, sitting: Any) -> str:
        """How much of an instrument was answered, and when."""
        return self.words.say(
            "complete.sitting",
            measure=self.instrument(sitting.flow),
            answered=sitting.answered,
            of=sitting.of,
            day=self.words.day(sitting.at),
        )

    def flag(self, flag: Any) -> str:
        """Which warning sign, and that a helper has told of it."""
        sign = self._sign(flag)
        return f"{sign}, {self.words.say('flags.by-helper')}" if flag.by_helper else sign

    def _sign(self, flag: Any) -> str:
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
