"""How am I doing: what the patient may be told."""

from dataclasses import fields

from tests.trajectory.stories import BIRGIT, NOW, Story, at, birgit
from trajectory.measures import Direction, Verdict
from trajectory.progress import Progress, Trend, how_am_i
from trajectory.summary import summarise


def progress_of(story: Story) -> Progress:
    return how_am_i(summarise(story.entries, BIRGIT, NOW, None))


def test_pain_limited_days_and_disability_then_and_now() -> None:
    progress = how_am_i(summarise(birgit(), BIRGIT, NOW, None))
    told = [(each.measure.id, each.start.value, each.now.value) for each in progress.trends]
    assert told == [("pain", 7, 7), ("activity-limited-days", 5, 5), ("odi", 44, 50)]
    assert progress.enough
    assert progress.overall is Verdict.UNCHANGED


def test_one_answer_is_not_enough_to_say_anything() -> None:
    story = Story()
    story.check_in(at(1, 12), 7, 3, 3)
    progress = progress_of(story)
    assert not progress.enough
    assert progress.trends[0].change is None
    assert progress.overall is None


def test_better_is_said_when_it_counts() -> None:
    story = Story()
    story.check_in(at(1, 12), 7, 5, 5)
    story.check_in(at(1, 19), 3, 2, 2)
    progress = progress_of(story)
    assert progress.overall is Verdict.BETTER
    pain = progress.trends[0].change
    assert pain is not None
    assert pain.direction is Direction.BETTER


def test_nothing_answered_yet() -> None:
    progress = progress_of(Story())
    assert progress.trends == ()
    assert progress.since is None
    assert not progress.enough


def test_risk_group_and_warning_signs_are_no_part_of_it() -> None:
    names = {field.name for each in (Progress, Trend) for field in fields(each)}
    assert names.isdisjoint({"start_back", "group", "flags", "screening"})
