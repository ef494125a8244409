"""Definition files are YAML 1.2, whatever the reader follows by itself."""

from __future__ import annotations

import math

import pytest

from flows import yaml_text


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("OFF", "OFF"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("10", 10),
        ("010", 10),
        ("-3", -3),
        ("0o14", 12),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2026-11-05", "2026-11-05"),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("-.inf", -math.inf),
        ("~", None),
        ("", None),
        ("null", None),
        ("'no'", "no"),
        ('"10"', "10"),
        ("=", "="),
        ("> \n  folded\n  text\n", "folded text\n"),
    ],
)
def test_plain_words_mean_what_yaml_1_2_says(written: str, meant: object) -> None:
    assert yaml_text.load(f"key: {written}") == {"key": meant}


def test_a_node_knows_its_line() -> None:
    root = yaml_text.compose("first: 1\n\nsecond:\n  - a\n  - b\n")

    assert isinstance(root, yaml_text.MappingNode)
    assert [key.start_mark.line for key, _ in root.value] == [0, 2]
    assert [each.start_mark.line for each in root.value[1][1].value] == [3, 4]


def test_of_a_key_that_stands_twice_nobody_knows_which_is_meant() -> None:
    with pytest.raises(yaml_text.MarkedYAMLError, match="'pain' is there twice") as refused:
        yaml_text.load("pain: 1\nage: 2\npain: 3\n")

    assert refused.value.problem_mark is not None
    assert refused.value.problem_mark.line == 2


@pytest.mark.parametrize(
    "text", ["a: [b", "a: b: c", "\ta: b", "a: 'b", "a: !!python/name:os.system b"]
)
def test_what_is_no_yaml_or_more_than_data_is_refused(text: str) -> None:
    with pytest.raises(yaml_text.YAMLError):
        yaml_text.load(text)


def test_a_sign_that_no_yaml_has_is_refused() -> None:
    with pytest.raises(yaml_text.YAMLError):
        yaml_text.compose("a: \x00")


def test_nothing_is_no_document() -> None:
    assert yaml_text.compose("# only a remark\n") is None
    assert yaml_text.load("") is None
