"""Pictures for phones: what the patient sees of their own course, as SVG and as PNG."""

from __future__ import annotations

import struct

import pytest

from templates.pages import progress_picture
from templates.pictures import Unpaintable, png
from tests.trajectory.stories import BIRGIT, NOW, Story, at, birgit
from trajectory.summary import summarise


def picture_of(story: Story, language: str = "en") -> str:
    return progress_picture(summarise(story.entries, BIRGIT, NOW, None), language)


def size(picture: bytes) -> tuple[int, int]:
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    wide, high = struct.unpack(">II", picture[16:24])
    return wide, high


def test_three_curves_below_each_other_are_three_pixels_a_unit() -> None:
    svg = progress_picture(summarise(birgit(), BIRGIT, NOW, None), "en")
    assert [svg.count(each) for each in ("Pain, 0 to 10", "Days with limits", "Everyday")] == [
        1, 1, 1,
    ]  # fmt: skip
    assert size(png(svg)) == (1020, 2064)


def test_in_danish() -> None:
    svg = progress_picture(summarise(birgit(), BIRGIT, NOW, None), "da")
    assert "Smerte, 0 til 10" in svg
    assert "Dage med begrænsninger, af 7" in svg


def test_no_warning_sign_band_or_look_is_in_it() -> None:
    summary = summarise(birgit(), BIRGIT, NOW, at(2, 1))
    assert summary.flags
    svg = progress_picture(summary, "en")
    for mark in ("#a8380b", "minimal", "looked", "stroke-dasharray"):
        assert mark not in svg


def test_what_came_once_makes_no_picture() -> None:
    story = Story()
    assert picture_of(story) == ""
    story.check_in(at(1, 12), 7, 3, 3)
    assert picture_of(story) == ""


def test_only_what_came_twice_is_drawn() -> None:
    story = Story()
    story.check_in(at(1, 12), 7, 3, 3)
    story.check_in(at(1, 19), 4, 2, 2)
    svg = picture_of(story)
    assert "Pain" in svg
    assert "Everyday" not in svg


@pytest.mark.parametrize("svg", ["", "pain", "<svg", "<p>no</p>"])
def test_what_is_no_svg_is_said_to_be_none(svg: str) -> None:
    with pytest.raises(Unpaintable):
        png(svg)
