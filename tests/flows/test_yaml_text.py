"""Definition files are YAML 1.2, whatever the reader follows by itself."""

from __future__ import annotations

import math
import subprocess
import sys

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


def test_keys_stand_twice_that_mean_the_same_however_they_are_written() -> None:
    with pytest.raises(yaml_text.MarkedYAMLError, match="the key 10 is there twice"):
        yaml_text.load("10: a\n010: b\n")
    assert yaml_text.load('10: a\n"10": b\n') == {10: "a", "10": "b"}


@pytest.mark.parametrize(
    ("value", "column"),
    [
        ("!!int foo", 2),
        ("!!int [1]", 2),
        ("!!bool x", 2),
        ("!!float ''", 2),
        ("!!timestamp x", 2),
        ("!!timestamp 2026-13-45", 2),
        ("!!map [b]", 2),
        ("!!set b", 2),
        ("9" * 5000, 2),
        ("0x" + "f" * 5000, 2),
        ("{? [b] : c}", 5),
        ("{? {b: c} : d}", 5),
    ],
)
def test_a_value_or_key_that_is_none_is_refused_at_its_place(value: str, column: int) -> None:
    with pytest.raises(yaml_text.MarkedYAMLError) as refused:
        yaml_text.load(f"- 1\n- {value}\n")

    mark = refused.value.problem_mark
    assert mark is not None
    assert (mark.line, mark.column) == (1, column)


@pytest.mark.parametrize("opening", ["[", "- ", "? ", "{a: "])
def test_what_is_nested_very_deeply_is_refused(opening: str) -> None:
    """In a process of its own: it took the process with it."""
    read = f"from flows import yaml_text\ntry:\n yaml_text.compose({opening!r} * 50_000)\n"
    read += "except yaml_text.MarkedYAMLError as error:\n print(error.problem)"
    done = subprocess.run([sys.executable, "-c", read], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout) == (0, "more than 100 levels stand within each other\n")


def test_a_hundred_levels_are_read_one_after_the_other() -> None:
    deep = "- " + "[" * 98 + "x" + "]" * 98 + "\n"
    assert len(yaml_text.load(deep * 3)) == 3


@pytest.mark.parametrize(
    "text", ["a: [b", "a: b: c", "\ta: b", "a: 'b", "a: !!python/name:os.system b"]
)
def test_what_is_no_yaml_or_more_than_data_is_refused(text: str) -> None:
    with pytest.raises(yaml_text.YAMLError):
        yaml_text.load(text)


@pytest.mark.parametrize("sign", ["\x00", "\ud800"])
def test_a_sign_that_no_yaml_has_is_refused(sign: str) -> None:
    with pytest.raises(yaml_text.YAMLError):
        yaml_text.compose(f"a: {sign}")


def test_nothing_is_no_document() -> None:
    assert yaml_text.compose("# only a remark\n") is None
    assert yaml_text.load("") is None
