"""A clinic with a licence puts the owner's texts in place of ours."""

from __future__ import annotations

import pytest

from backtrace.definitions import shipped_library
from flows.canonical import dump_flow, restore_flow
from flows.errors import DefinitionError
from flows.library import Library
from flows.model import Flow
from flows.own_words import named_in
from flows.wording import is_pack, read_pack, worded

LIBRARY = shipped_library()
ODI = LIBRARY.flow("odi")
PSFS = LIBRARY.flow("psfs")


def pack(of: Flow = ODI, /, **changes: str) -> str:
    """A pack whose every text names its place, with some top-level lines changed."""
    head = {
        "flow": of.id,
        "language": "en",
        "holder": "The Owner",
        "reference": "licence 17",
        "version": "v2.1a",
    } | changes
    lines = [f"{key}: {value}" for key, value in head.items() if value]
    lines.append("items:")
    for item in of.items:
        quoted = "".join(f" {{{name}}}" for name in named_in(item.text["en"]))
        lines += [f"  {item.id}:", f"    text: Licensed {item.id}{quoted}"]
        if item.options:
            lines.append("    options:")
            lines += [f"      {each.id}: Licensed {item.id} {each.id}" for each in item.options]
        if item.anchors:
            lines.append("    anchors: {lowest: Licensed low, highest: Licensed high}")
    return "\n".join(lines) + "\n"


def test_every_text_of_the_language_is_the_owners() -> None:
    (odi,) = [worded(LIBRARY, [read_pack(pack(), "odi.en.yaml", LIBRARY)]).flow("odi")]
    assert [item.text["en"] for item in odi.items] == [f"Licensed {i.id}" for i in ODI.items]
    assert odi.items[2].options[3].text["en"] == "Licensed lifting d"
    assert odi.wording_in("en") == "The Owner, licence 17, v2.1a"


def test_the_other_language_keeps_our_own_words() -> None:
    odi = worded(LIBRARY, [read_pack(pack(), "odi.en.yaml", LIBRARY)]).flow("odi")
    assert odi.wording_in("da") == "demonstration"
    assert odi.items[0].text["da"] == ODI.items[0].text["da"]


def test_in_few_words_of_ours_the_owners_questions_are_not_asked() -> None:
    ours = LIBRARY.flow("weekly-check-in")
    text = pack(ours)

    theirs = worded(LIBRARY, [read_pack(text, "pack.yaml", LIBRARY)]).flow(ours.id)

    assert all(item.brief for item in ours.items)
    assert not any(item.brief for item in theirs.items)


def test_scores_and_conditions_stay_and_the_hash_tells_the_wordings_apart() -> None:
    library = worded(LIBRARY, [read_pack(pack(), "odi.en.yaml", LIBRARY)])
    odi = library.flow("odi")
    assert [o.score for i in odi.items for o in i.options] == [
        o.score for i in ODI.items for o in i.options
    ]
    assert odi.definition != ODI.definition
    assert library.by_hash(odi.definition) == odi
    assert restore_flow(dump_flow(odi)) == odi


@pytest.mark.parametrize("flow", LIBRARY.flows.values(), ids=lambda flow: flow.id)
def test_every_flow_can_be_worded(flow: Flow) -> None:
    library = worded(LIBRARY, [read_pack(pack(flow, language="da"), "pack.yaml", LIBRARY)])
    assert library.flow(flow.id).items[0].text["da"] == f"Licensed {flow.items[0].id}"


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (pack(flow="oid"), 1, "no flow is called 'oid'; did you mean 'odi'?"),
        (pack(language="sv"), 2, "'odi' is not offered in 'sv'"),
        (pack(holder=""), 1, "the key 'holder' is missing"),
        (pack().replace("  lifting:", "  liftin:"), 25, "unknown key 'liftin'"),
        (pack().replace("      d: Licensed lifting d\n", ""), 28, "the key 'd' is missing"),
        (pack().replace("Licensed lifting d", "''"), 31, "'d' is empty"),
        (pack().replace("      f: Licensed lifting f", "      g: x"), 33, "unknown key 'g'"),
        (pack(PSFS).replace(" {activity-1}", ""), 10, "must quote 'activity-1', in braces"),
        (pack().replace("Licensed lifting\n", "Licensed {lifting}\n"), 26, "must quote nothing"),
        ("flow: [", 1, "this is not YAML"),
    ],
)
def test_a_pack_that_does_not_fit_is_refused(text: str, line: int, reason: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        read_pack(text, "odi.en.yaml", LIBRARY)
    told = [(error.line, error.reason) for error in refused.value.errors]
    assert any(at == line and reason in why for at, why in told), told


def test_a_pack_is_told_from_a_definition() -> None:
    assert is_pack(pack(), "odi.en.yaml")
    assert not is_pack("id: odi\nkind: instrument\n", "odi.yaml")
    assert not is_pack("steps: []\n", "pathway.yaml")


def test_an_empty_set_of_packs_changes_nothing() -> None:
    assert worded(LIBRARY, []).flows == Library(LIBRARY.flows.values()).flows
