"""Whether words that name a sign report one: negation, somebody else, long ago, in general."""

from __future__ import annotations

from collections.abc import Sequence

from flows.signs.grammar import Hits, Match, Sign
from flows.signs.text import Text
from flows.signs.vocabulary import DEGREES, MARKS, UNSURE_SELF, Hit

_SCOPE = 9
"""Words over which a negation reaches."""
_NEVER_OWN = "suicide-third"
"""What nobody says of themselves, whoever else is named beside it."""
_MEANT_OTHERWISE = {"suicide": "distance", "degrees-unit": "other-degrees"}
"""What means something else inside a phrase of one clause, though the rest of it still counts."""
_RELATIVE = "relative"
"""Whom a helper writes of."""
_ENDS_CLAUSE = ("disclaim", "mishap-alone", "spent")
"""Phrases that mean this only with nothing behind them: "no puedo más", not "más de una hora"."""
_MISHAPS = ("by-mishap", "mishap-alone")
"""Phrases beside which words of self-harm mean pain, carelessness or medicine that is taken."""
_SELF_HARM = ("suicide", "suicide-third", "myself")


def drop_seeming_helpers(hits: dict[str, list[Hit]]) -> None:
    """Drop who seems to write in other words: the "patient has" of "another patient has"."""
    seeming = hits.get("no-helper", ())
    helpers = [
        hit
        for hit in hits.pop("helper", ())
        if not any(each.start <= hit.start < each.end for each in seeming)
    ]
    if helpers:
        hits["helper"] = helpers


def take_for_writer(hits: dict[str, list[Hit]]) -> None:
    """Where a helper writes, "my mum" and "she" are the patient, as "I" is elsewhere.

    "Not me" takes nothing back then. Whoever writes of nobody but animals or people in general
    writes of no patient.
    """
    _drop(hits, "disclaim", ("not-me",))
    others, apart = hits.get("other", []), hits.get("no-patient", [])
    if others and all(_overlaps(hit, apart) for hit in others):
        return
    meant = {*hits.pop("other", ()), *hits.get("she-or-he", ())}
    hits["self"] = sorted({*hits.get("self", ()), *meant})
    hits[_RELATIVE] = sorted(meant)


def is_own(match: Match, hits: Hits, text: Text) -> bool:
    """Whether a writer who may be a helper says so of themselves: "I", and no "mum" behind it.

    Words of nobody are a helper's where they say who writes: "his daughter here: fever 39".
    """
    relatives, helpers = hits.get(_RELATIVE, ()), hits.get("helper", ())
    own = [
        hit
        for hit in hits.get("self", ())
        if not _overlaps(hit, relatives) and not _belongs_to(hit, helpers)
    ]
    named = sorted([*own, *relatives])
    before = [hit for hit in named if hit.start <= match.focus]
    beside = [hit for hit in named if text.together(hit.start, match.focus)]
    near = [hit for hit in before if hit in beside][-1:] or beside[:1] or before[-1:]
    return near[0] in own if near else not helpers


def _overlaps(hit: Hit, others: Sequence[Hit]) -> bool:
    return any(hit.start < each.end and each.start < hit.end for each in others)


def _belongs_to(hit: Hit, phrases: Sequence[Hit]) -> bool:
    """Whether a word stands in one of these phrases or leads into it: the "I'm" of "I'm her"."""
    return any(hit.start < phrase.end and phrase.start <= hit.end for phrase in phrases)


def clear_up(hits: dict[str, list[Hit]], text: Text) -> None:
    """Drop small words that only belong to a longer phrase: the "my" of "my mother"."""
    _settle_language(hits)
    for concept in _ENDS_CLAUSE:
        if concept in hits:
            hits[concept] = [hit for hit in hits[concept] if _ends_clause(hit, text)]
    _drop_mishaps(hits, text)
    interjections = {hit.start for hit in hits.get("interjection", ())}
    if interjections and "not" in hits:
        hits["not"] = [hit for hit in hits["not"] if hit.start not in interjections]
    _drop(hits, "not", ("cannot", "frame", "neutral", "disclaim", "ask", "affirm"))
    _drop(hits, "subject", ("frame", "ask", "disclaim"))
    _drop(hits, "self", ("other", "ask", "disclaim"))
    _drop(hits, "having", ("ask", "if"))
    _drop(hits, "feel", ("neutral",))
    for concept, phrase in _MEANT_OTHERWISE.items():
        if phrase in hits:
            hits[phrase] = [hit for hit in hits[phrase] if _is_one_clause(hit, text)]
            _drop(hits, concept, (phrase,))


def _settle_language(hits: dict[str, list[Hit]]) -> None:
    """Take words such as "i" for oneself only where their language prevails."""
    unsure = [concept for concept in hits if concept.startswith(f"{UNSURE_SELF}:")]
    marks = {each: len(hits[each]) for each in hits if each.startswith(f"{MARKS}:")}
    for concept in unsure:
        own = marks.get(concept.replace(UNSURE_SELF, MARKS), 0)
        if own >= max(marks.values(), default=0):
            for meant in ("self", "subject"):
                hits[meant] = sorted([*hits.get(meant, ()), *hits[concept]])


def _drop_mishaps(hits: dict[str, list[Hit]], text: Text) -> None:
    mishaps = [
        hit
        for concept in _MISHAPS
        for hit in hits.get(concept, ())
        if text.together(hit.start, hit.end - 1)
    ]
    for concept in _SELF_HARM if mishaps else ():
        if concept in hits:
            hits[concept] = [hit for hit in hits[concept] if not _overlaps(hit, mishaps)]


def _ends_clause(hit: Hit, text: Text) -> bool:
    return hit.end >= len(text.words) or text.clause[hit.end] != text.clause[hit.end - 1]


def _is_one_clause(hit: Hit, text: Text) -> bool:
    return text.clause[hit.start] == text.clause[hit.end - 1]


def _drop(hits: dict[str, list[Hit]], concept: str, longer: Sequence[str]) -> None:
    if concept not in hits:
        return
    covers = [hit for each in longer for hit in hits.get(each, ())]
    hits[concept] = [
        hit
        for hit in hits[concept]
        if not any(cover.start <= hit.start and hit.end <= cover.end for cover in covers)
    ]


def reports(match: Match, sign: Sign, hits: Hits, text: Text) -> bool:
    """Whether the writer says that they have this now, or had it lately."""
    return not (
        _is_somebody_else(match, hits, text)
        or (not sign.whenever and _is_long_ago(match, hits, text))
        or _is_not_said(match, sign, hits, text)
    )


def tells_of_another(match: Match, sign: Sign, hits: Hits, text: Text) -> bool:
    """Whether the writer says so of somebody else, and not of long ago."""
    return _is_somebody_else(match, hits, text) and not (
        _is_long_ago(match, hits, text) or _is_not_said(match, sign, hits, text)
    )


def _is_not_said(match: Match, sign: Sign, hits: Hits, text: Text) -> bool:
    """Whether the words name the sign only, of whomever: it is denied, or only asked about."""
    return (
        _is_negated(match, hits, text)
        or _is_taken_back(match, hits, text)
        or (not sign.even_asked and _is_general(match, hits, text))
    )


def _is_negated(match: Match, hits: Hits, text: Text) -> bool:
    if match.inherent or _is_affirmed(match, hits, text):
        return False
    return _negations(match, hits, text) % 2 == 1 or _negated_after(match, hits, text)


def _negations(match: Match, hits: Hits, text: Text) -> int:
    """How many negations reach the sign; "I can't say I have no ..." are two, a report of it."""
    count = 0
    reached = match.focus
    before = sorted(
        (hit.end, hit.start, concept == "frame")
        for concept in ("not", "frame")
        for hit in hits.get(concept, ())
        if hit.end <= match.focus
    )
    for end, start, frames in reversed(before):
        if end > reached or (count and not frames):
            continue
        if reached - end > _SCOPE or not _reaches(end, reached, frames, count > 0, hits, text):
            break
        count += 1
        reached = start
    return count


def _reaches(start: int, end: int, frames: bool, nested: bool, hits: Hits, text: Text) -> bool:
    """Whether a negation that ends at `start` still holds at `end`."""
    if start >= len(text.words) or not text.together(start - 1, end):
        return False
    stops = ["but"]
    if not frames:
        stops += ["subject", "link"]
    if nested:
        stops += ["or", "and"]
    if _between(start, end, stops, hits):
        return False
    if text.clause[start - 1] == text.clause[end] or frames:
        return True
    return not nested and _is_list(start - 1, end, hits, text)


def _is_list(start: int, end: int, hits: Hits, text: Text) -> bool:
    """Whether commas here divide a list that one negation covers: "no fever, chills or ..."."""
    last = text.clause[end]
    stop = next((at for at in range(end, len(text.words)) if text.clause[at] != last), None)
    limit = len(text.words) if stop is None else stop
    while stop is not None and text.together(stop, end) and stop - end < _SCOPE:
        limit, clause = stop, text.clause[stop]
        stop = next((a for a in range(stop, len(text.words)) if text.clause[a] != clause), None)
        limit = len(text.words) if stop is None else stop
    return _between(start, limit, ("or",), hits)


def _between(start: int, end: int, concepts: Sequence[str], hits: Hits) -> bool:
    return any(start <= hit.start < end for concept in concepts for hit in hits.get(concept, ()))


def _negated_after(match: Match, hits: Hits, text: Text) -> bool:
    """`numb no`, `fever: none`, and the Danish `faldt ikke`."""
    for hit in hits.get("not-after", ()):
        pronoun = hit.start == match.focus_end + 1 and _between(
            match.focus_end, hit.start, ("self", "subject", "third"), hits
        )
        if not (pronoun or hit.start == match.focus_end):
            continue
        ends = hit.end >= len(text.words) or text.clause[hit.end] != text.clause[hit.start]
        if text.together(hit.start, match.focus) and (
            ends or text.clause[hit.start] == text.clause[match.focus]
        ):
            return ends or any(hit.start == each.start for each in hits.get("not-verb", ()))
    for hit in hits.get("fine-after", ()):
        near = 0 <= hit.start - match.end <= 1 and text.together(hit.start, match.focus)
        same = text.clause[hit.start] == text.clause[match.end - 1]
        if near and (same or hit.start == match.end):
            return True
    return False


def _is_affirmed(match: Match, hits: Hits, text: Text) -> bool:
    """`it's not numb? it is`: what was denied is said after all."""
    return any(0 <= hit.start - match.focus_end <= 6 for hit in hits.get("affirm", ()))


def _is_taken_back(match: Match, hits: Hits, text: Text) -> bool:
    """`numbness, but I haven't got any`."""
    return any(
        0 <= hit.start - match.end <= 12
        and text.sentence[hit.start] - text.sentence[match.end - 1] <= 1
        for hit in hits.get("disclaim", ())
    )


def _is_somebody_else(match: Match, hits: Hits, text: Text) -> bool:
    if hits.get("helper"):
        return False
    last = next((hit for hit in reversed(hits.get("other", ())) if hit.start <= match.focus), None)
    if last is None:
        return False
    together = text.together(last.start, match.focus)
    if not together and not _goes_on_about(match, hits, text):
        return False
    since = last.end if together else text.sentence.index(text.sentence[match.focus])
    if _between(since, match.end, ("self", "says"), hits) and not _is_never_own(match, hits):
        return False
    return not any(hit.start >= last.end for hit in hits.get("me-too", ()))


def _is_never_own(match: Match, hits: Hits) -> bool:
    return match.end == match.focus_end and any(
        hit.start == match.focus for hit in hits.get(_NEVER_OWN, ())
    )


def _goes_on_about(match: Match, hits: Hits, text: Text) -> bool:
    """Whether a "she" of this sentence, before the sign, is the person of the one before."""
    return any(
        hit.start <= match.focus and text.together(hit.start, match.focus)
        for hit in hits.get("third", ())
    )


def _is_long_ago(match: Match, hits: Hits, text: Text) -> bool:
    if not any(text.together(hit.start, match.focus) for hit in hits.get("past", ())):
        return False
    clause = text.clause[match.focus]
    start = next(at for at in range(match.focus + 1) if text.clause[at] == clause)
    joints = [
        hit.start
        for concept in ("and", "but")
        for hit in hits.get(concept, ())
        if start < hit.start <= match.focus
    ]
    return not _between(max([start, *joints]), match.end + 1, ("now", "present"), hits)


def _is_general(match: Match, hits: Hits, text: Text) -> bool:
    """A question or a remark about such signs, by somebody who does not say that they have one."""
    sentence = text.sentence[match.focus]
    asked = sentence in text.asks or _opens_with_question(match, hits, text)
    before = 2 if _opens_with_question(match, hits, text) else 6
    owned = _between(max(match.start - before, 0), match.end, ("self",), hits) or _between(
        max(match.start - 3, 0), match.start, ("having",), hits
    )
    if _is_supposed(match, asked, hits, text):
        return True
    if _is_affirmed(match, hits, text) or _between(0, match.start, ("reporting-question",), hits):
        return False
    mentioned = any(
        hit.end <= match.focus and text.together(hit.start, match.focus)
        for hit in hits.get("mention", ())
    )
    if owned or not (asked or mentioned):
        return False
    return not any(
        text.together(hit.start, match.focus)
        for concept in ("now", "onset", DEGREES)
        for hit in hits.get(concept, ())
    )


def _opens_with_question(match: Match, hits: Hits, text: Text) -> bool:
    return any(
        text.together(hit.start, match.focus)
        and (hit.start == 0 or not text.together(hit.start - 1, hit.start))
        for hit in hits.get("ask", ())
    ) or any(text.together(hit.start, match.focus) for hit in hits.get("ask-anywhere", ()))


def _is_supposed(match: Match, asked: bool, hits: Hits, text: Text) -> bool:
    """`what do I do if I get a fever?`: it has not happened."""
    supposed = any(
        hit.start <= match.focus and text.together(hit.start, match.focus)
        for hit in hits.get("if", ())
    )
    return supposed and (
        asked or any(text.together(hit.start, match.focus) for hit in hits.get("some-day", ()))
    )
