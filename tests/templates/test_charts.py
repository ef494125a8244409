"""Curves that say what the numbers say."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from flows.scoring import ODI_BANDS
from templates.charts import Span, bar_chart, line_chart
from templates.words import Words

START = datetime(2026, 1, 5, 17, tzinfo=UTC)


@dataclass(frozen=True)
class Value:
    at: datetime
    value: float
    corrected: bool = False


def week(number: float) -> datetime:
    return START + timedelta(weeks=number)


def span(weeks: float) -> Span:
    return Span(START, week(weeks), "Europe/Copenhagen")


weekly = st.lists(st.integers(0, 10), min_size=1, max_size=60).map(
    lambda values: [Value(week(n), value) for n, value in enumerate(values)]
)


@given(weekly)
def test_worse_is_higher_and_later_is_further_right(points: list[Value]) -> None:
    chart = line_chart(points, span(len(points)), 10)
    for before, after in pairwise(chart.dots):
        assert after.x > before.x
        assert (after.y < before.y) == (after.value > before.value)


@given(weekly)
def test_everything_stays_inside_the_picture(points: list[Value]) -> None:
    chart = line_chart(points, span(len(points)), 10, flags=[week(0), week(len(points))])
    axes = chart.axes
    for dot in chart.dots:
        assert axes.left <= dot.x <= axes.right
        assert axes.top <= dot.y <= axes.bottom
        assert 0 < dot.label_y < axes.bottom + 1
    assert all(axes.left <= x <= axes.right for x in chart.flags)


@given(weekly)
def test_bars_stay_inside_the_picture_too(points: list[Value]) -> None:
    chart = bar_chart([Value(p.at, min(7, p.value)) for p in points], span(len(points)), 7)
    for bar in chart.bars:
        assert chart.axes.left <= bar.x <= bar.x + bar.width <= chart.axes.right + 0.1
        assert chart.axes.top <= bar.y <= bar.y + bar.height <= chart.axes.bottom + 0.1


@given(weekly)
def test_the_newest_value_is_always_written_out(points: list[Value]) -> None:
    assert line_chart(points, span(len(points)), 10).dots[-1].label


def test_a_year_of_values_does_not_print_numbers_over_each_other() -> None:
    points = [Value(week(n), 5) for n in range(52)]
    assert sum(dot.label for dot in line_chart(points, span(52), 10).dots) == 2


def test_zero_days_is_a_thin_bar_and_a_missed_week_is_none() -> None:
    bars = bar_chart([Value(week(0), 0), Value(week(2), 7)], span(3), 7).bars
    assert [bar.value for bar in bars] == [0, 7]
    assert 0 < bars[0].height < 3 < bars[1].height


def test_the_bands_of_the_odi_fill_the_frame_without_gaps() -> None:
    chart = line_chart([Value(week(0), 44)], span(6), 100, bands=ODI_BANDS)
    edges = [chart.axes.bottom, *(strip.y for strip in chart.strips)]
    assert [round(strip.y + strip.height, 1) for strip in chart.strips] == edges[:-1]
    assert edges[-1] == chart.axes.top


def test_a_score_of_40_touches_the_upper_edge_of_moderate() -> None:
    chart = line_chart([Value(week(0), 40)], span(6), 100, bands=ODI_BANDS)
    moderate = next(strip for strip in chart.strips if strip.name == "moderate")
    assert chart.dots[0].y == moderate.y


def test_silence_after_the_last_answer_is_seen() -> None:
    chart = line_chart([Value(week(0), 5), Value(week(2), 5)], span(12), 10)
    assert chart.dots[-1].x < (chart.axes.left + chart.axes.right) / 2


def test_between_two_and_six_dates_stand_on_the_axis_however_long_it_is() -> None:
    for weeks in (0.1, 1, 3, 12, 26, 52, 104):
        dates = line_chart([], span(weeks), 10).axes.dates
        assert 2 <= len(dates) <= 6, weeks
        assert dates[0].day.isoformat() == "2026-01-05"


def test_dates_are_those_of_the_patient_not_of_greenwich() -> None:
    late = datetime(2026, 1, 5, 23, 30, tzinfo=UTC)
    chart = line_chart([], Span(late, late + timedelta(weeks=1), "Europe/Copenhagen"), 10)
    assert chart.axes.dates[0].day.isoformat() == "2026-01-06"


def test_flags_before_the_chart_begins_are_not_drawn_at_its_edge() -> None:
    assert line_chart([], span(6), 10, flags=[week(-2)]).flags == ()


@given(weekly)
def test_the_same_points_give_the_same_picture(points: list[Value]) -> None:
    assert line_chart(points, span(9), 10) == line_chart(list(points), span(9), 10)


def test_words_on_the_axis_are_in_the_readers_language() -> None:
    words = Words.of("da", "Europe/Copenhagen", week(1))
    assert words.day(line_chart([], span(4), 10).axes.dates[0].day) == "5. jan."
