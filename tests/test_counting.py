"""What a patient gets in a week stays small, and the page that says so tells the truth."""

from __future__ import annotations

import pytest

from tests import counting
from tests.counting import Week

Counted = dict[tuple[str, str], tuple[Week, Week]]


@pytest.fixture(scope="module")
def counted() -> Counted:
    return counting.play()


def test_the_first_week_has_at_most_30_questions_and_no_sms_day_more_than_10(
    counted: Counted,
) -> None:
    for (channel, _), (first, _) in counted.items():
        assert 24 < first.questions <= 30
        assert 0 < first.most_in_a_day <= (10 if channel == "sms" else 20)


def test_a_normal_sms_week_is_two_messages_of_one_segment_and_one_answer(counted: Counted) -> None:
    for language in counting.LANGUAGES:
        normal = counted["sms", language][1]
        assert (normal.questions, normal.written) == (5, 1)
        assert (normal.messages, normal.segments) == (2, 2)


def test_the_page_has_these_numbers(counted: Counted) -> None:
    assert counting.PAGE.read_text("utf-8") == "\n".join(counting.lines_of(counted))
