"""All flows and pathways of a deployment, checked against each other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from flows.canonical import dump_flow, sealed, version_of
from flows.condition_checks import wrong_answer
from flows.errors import DefinitionError
from flows.following import followed, same_measure
from flows.loader import read_definition
from flows.model import Flow, Item, Pathway, Test
from flows.source import Source
from flows.spelling import advice


class Library:
    """Flows and pathways by id, as they are asked now."""

    def __init__(self, flows: Iterable[Flow], pathways: Iterable[Pathway] = ()) -> None:
        self.flows: Mapping[str, Flow] = {flow.id: flow for flow in flows}
        self.pathways: Mapping[str, Pathway] = {pathway.id: pathway for pathway in pathways}
        self._versions = {name: version_of(each) for name, each in self.pathways.items()}
        self._by_hash = {flow.definition: flow for flow in self.flows.values()}

    @classmethod
    def read(cls, files: Mapping[str, str], beside: Library | None = None) -> Library:
        """Read files (name to YAML text) into a library.

        `beside` is a library that the files may refer to; what a file defines anew takes the
        place of what was there. The result holds both.

        Raises:
            DefinitionError: with everything that is wrong in all files.
        """
        reading = _Reading(cls((), ()) if beside is None else beside)
        for file, text in files.items():
            reading.add(file, text)
        reading.check()
        return cls(reading.flows.values(), reading.pathways.values())

    def flow(self, flow_id: str) -> Flow:
        """The flow with this id, as it is asked now; KeyError when there is none."""
        return self.flows[flow_id]

    def by_hash(self, definition: str) -> Flow:
        """The flow with this content; KeyError when it is not asked any more.

        Older definitions are in the table `definition` (`canonical.restore_flow`).
        """
        return self._by_hash[definition]

    def has(self, definition: str) -> bool:
        """Whether a flow with this content is still asked."""
        return definition in self._by_hash

    def pathway(self, pathway_id: str) -> Pathway:
        """The pathway with this id; KeyError when there is none."""
        return self.pathways[pathway_id]

    def version(self, pathway_id: str) -> str:
        """The version (`canonical.version_of`) of this pathway; KeyError when there is none."""
        return self._versions[pathway_id]

    @cached_property
    def written(self) -> Mapping[str, str]:
        """Each flow's canonical JSON by the flow's id, written once."""
        return {name: dump_flow(flow) for name, flow in self.flows.items()}

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which every flow and pathway is offered, sorted."""
        each = [set(flow.title) for flow in self.flows.values()]
        each += [set(pathway.title) for pathway in self.pathways.values()]
        return tuple(sorted(set.intersection(*each))) if each else ()

    def offering(self, pathways: Iterable[str]) -> Library:
        """The library with these pathways only; KeyError when there is no such one."""
        return Library(self.flows.values(), [self.pathways[name] for name in pathways])

    def asked(self) -> list[Flow]:
        """The flows that some pathway asks, and those that they open."""
        waiting = [step.flow for each in self.pathways.values() for step in each.steps]
        found: dict[str, Flow] = {}
        while waiting:
            flow = self.flows[waiting.pop()]
            if flow.id not in found:
                found[flow.id] = flow
                waiting += [id for item in flow.items for id in (item.opens or {}).values()]
        return list(found.values())

    def requiring(self, flow_id: str, minimum_answered: int) -> Library:
        """The library with another least number of answers for the score of one flow.

        Raises:
            KeyError: there is no such flow.
            ValueError: the flow has not that many items, is not scored, or 0 is asked for.
        """
        flow = self.flow(flow_id)
        if flow.scoring is None or not 1 <= minimum_answered <= len(flow.items):
            raise ValueError(f"{flow_id} is scored from 1 to {len(flow.items)} answers")
        changed = sealed(replace(flow, minimum_answered=minimum_answered))
        return Library({**self.flows, flow_id: changed}.values(), self.pathways.values())


class _Reading:
    """Files on their way into a library, and what is wrong with them so far."""

    def __init__(self, beside: Library) -> None:
        self.flows = dict(beside.flows)
        self.pathways = dict(beside.pathways)
        self._sources: dict[tuple[str, str], Source] = {}
        self._errors: list[DefinitionError] = []

    def add(self, file: str, text: str) -> None:
        """Read one file; what is wrong with it is kept for `check`."""
        try:
            definition, source = read_definition(text, file)
            if isinstance(definition, Flow):
                self._claim("flow", definition.id, source)
                self.flows[definition.id] = definition
            else:
                self._claim("pathway", definition.id, source)
                self.pathways[definition.id] = definition
        except DefinitionError as error:
            self._errors.append(error)

    def _claim(self, kind: str, name: str, source: Source) -> None:
        other = self._sources.setdefault((kind, name), source)
        if other is not source:
            reason = f"the {kind} id '{name}' is taken by {other.file}; choose another"
            raise DefinitionError(source.file, source.lines["id",], reason)

    def check(self) -> None:
        """Raise what is wrong; what files say of each other is checked once all could be read."""
        if self._errors:
            raise DefinitionError.of(self._errors)
        for (kind, name), source in self._sources.items():
            if kind == "flow":
                self._check_flow(self.flows[name], source)
            else:
                self._check_pathway(self.pathways[name], source)
        if self._errors:
            raise DefinitionError.of(self._errors)

    def _note(self, source: Source, line: int, reason: str) -> None:
        self._errors.append(DefinitionError(source.file, line, reason))

    def _check_flow(self, flow: Flow, source: Source) -> None:
        for item in flow.items:
            for opened in (item.opens or {}).values():
                reason = self._wrong_opening(flow.id, opened)
                if reason:
                    line = source.lines["item", item.id, "opens"]
                    self._note(source, line, f"item '{item.id}': 'opens' {reason}")
            for test in item.enable_when.tests if item.enable_when else ():
                reason = self._wrong_fact(test) if "/" in test.question else None
                if reason:
                    line = source.lines["test", item.id, test.question]
                    self._note(source, line, f"item '{item.id}': the condition {reason}")
            if item.follow and (other := self._other_measure(flow.id, item)):
                reason = f"'{other}' follows the same id by other numbers, and both go on one curve"
                line = source.lines["item", item.id, "follow"]
                self._note(source, line, f"item '{item.id}': {reason}; choose another id")

    def _other_measure(self, flow_id: str, item: Item) -> str | None:
        for flow in self.flows.values():
            for id, other in followed(flow):
                differs = other is None or not same_measure(item, other)
                if flow.id != flow_id and id == item.id and differs:
                    return flow.id
        return None

    def _wrong_opening(self, flow_id: str, opened: str) -> str | None:
        if opened not in self.flows:
            return f"names an unknown flow '{opened}'; {advice(opened, self.flows)}"
        if flow_id in self._opened_by(opened):
            return f"leads from '{opened}' back to '{flow_id}', a cycle; remove one of the two"
        return None

    def _opened_by(self, flow_id: str) -> set[str]:
        """A flow and all that it opens, directly or through others."""
        found: set[str] = set()
        waiting = [flow_id]
        while waiting:
            current = waiting.pop()
            if current in found or current not in self.flows:
                continue
            found.add(current)
            for item in self.flows[current].items:
                waiting.extend((item.opens or {}).values())
        return found

    def _wrong_fact(self, test: Test) -> str | None:
        flow_id, _, item_id = test.question.partition("/")
        if flow_id not in self.flows:
            return f"asks about an unknown flow '{flow_id}'; {advice(flow_id, self.flows)}"
        items = {item.id: item for item in self.flows[flow_id].items}
        if item_id not in items:
            return f"asks about an unknown item '{test.question}'; {advice(item_id, items)}"
        return wrong_answer(test, items[item_id])

    def _check_pathway(self, pathway: Pathway, source: Source) -> None:
        for step in pathway.steps:
            reason = self._wrong_flow(step.flow) or self._wrong_items(step.flow, step.items or ())
            if reason:
                self._note(source, source.lines["step", step.key], f"step '{step.key}' {reason}")
        for gate in pathway.gates:
            reason = self._wrong_flow(gate)
            if reason:
                self._note(source, source.lines["gates",], f"'gates' {reason}")
        for key in ("measures", "curves", "told"):
            for reason in self._wrong_measures(pathway, getattr(pathway, key), key == "told"):
                self._note(source, source.lines[key,], f"'{key}' {reason}")

    def _wrong_measures(self, pathway: Pathway, named: Iterable[str], plain: bool) -> Iterator[str]:
        flows = [self.flows[step.flow] for step in pathway.steps if step.flow in self.flows]
        plain_names = {
            id: rule.plain_name
            for flow in flows
            for id, item in followed(flow)
            if (rule := (item or flow).follow)
        }
        for name in named:
            if name not in plain_names:
                yield f"names '{name}', which no step follows; {advice(name, plain_names)}"
            elif plain and plain_names[name] is None:
                yield f"names '{name}', which has no 'plain-name' for the patient; add it there"

    def _wrong_flow(self, flow_id: str) -> str | None:
        if flow_id in self.flows:
            return None
        return f"names an unknown flow '{flow_id}'; {advice(flow_id, self.flows)}"

    def _wrong_items(self, flow_id: str, items: Iterable[str]) -> str | None:
        known = [item.id for item in self.flows[flow_id].items]
        for item in items:
            if item not in known:
                return f"names an unknown item '{item}' of '{flow_id}'; {advice(item, known)}"
        return None
