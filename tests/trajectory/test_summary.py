"""What a clinician reads out of a timeline, in a clinician's words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.trajectory.stories import (
    ANNE,
    BIRGIT,
    DR_HOLM,
    LOOKED,
    NOW,
    Story,
    at,
    birgit,
    later,
)
from trajectory.entries import Entry
from trajectory.measures import Direction, Verdict, change
from trajectory.said import CANCELLED, FIRST
from trajectory.summary import Summary, summarise

MEASURES = {measure.id: measure for measure in BIRGIT.measures.all}


def summary_of(story: Story, since: datetime | None = LOOKED, now: datetime = NOW) -> Summary:
    return summarise(story.entries, BIRGIT, now, since)


@pytest.fixture
def story() -> Story:
    return Story()


class TestBirgit:
    """Three months as in the mock-up of the page."""

    summary = summarise(birgit(), BIRGIT, NOW, LOOKED)

    def test_disability_began_at_44_was_36_at_best_and_is_50(self) -> None:
        odi = self.summary.course("odi")
        assert odi is not None
        assert odi.then is not None
        values = [point.value for point in (odi.start, odi.best, odi.then, odi.now)]
        assert values == [44, 36, 36, 50]
        assert [point.band for point in odi.points] == ["severe", "moderate", "severe"]

    def test_since_the_look_it_is_worse_beyond_measurement_error(self) -> None:
        odi = self.summary.course("odi")
        assert odi is not None
        assert odi.since_look is not None
        assert odi.since_look.by == 14
        assert odi.since_look.direction is Direction.WORSE
        assert odi.since_look.important
        assert odi.since_look.beyond_measurement_error
        assert self.summary.since_look is Verdict.WORSE

    def test_since_the_start_it_is_6_points_which_is_not_important(self) -> None:
        odi = self.summary.course("odi")
        assert odi is not None
        assert odi.since_start is not None
        assert odi.since_start.by == 6
        assert odi.since_start.important is False
        assert odi.since_start.beyond_measurement_error is False
        assert self.summary.since_start is Verdict.UNCHANGED

    def test_it_is_week_12(self) -> None:
        assert self.summary.week == 12

    def test_she_wants_to_talk_about_two_things_today_at_ten(self) -> None:
        assert [q.text for q in self.summary.questions] == [
            "May I cycle?",
            "Can I halve the tablets? Stomach.",
        ]
        assert self.summary.visit is not None
        assert self.summary.visit.at == at(3, 31, 10)

    def test_goal_plan_and_what_was_asked_already(self) -> None:
        assert self.summary.goal is not None
        assert self.summary.goal.text == "Walk to the allotment, 30 min"
        assert self.summary.plan is not None
        assert self.summary.plan.author == ANNE
        assert [fact.item for fact in self.summary.asked] == [
            "onset",
            "earlier-episodes",
            "treatments-tried",
            "imaging",
            "medication",
        ]
        assert self.summary.work is not None
        assert self.summary.work.code == "retired"

    def test_start_back_is_told_with_its_sums(self) -> None:
        screen = self.summary.start_back
        assert screen is not None
        assert (screen.group, screen.total, screen.subscale) == ("medium", 5, 2)

    def test_eleven_of_twelve_check_ins_were_answered(self) -> None:
        complete = self.summary.completeness
        assert (complete.check_ins_answered, complete.check_ins_due) == (11, 12)

    def test_her_private_note_is_not_in_it(self) -> None:
        assert "do not like the exercises" not in repr(self.summary)


class TestWhenAChangeCounts:
    @pytest.mark.parametrize(
        ("before", "after", "important", "beyond"),
        [
            (44, 44, False, False),
            (44, 35, False, False),
            (44, 34, True, False),
            (44, 31, True, False),  # 13 better is still within the error
            (44, 30, True, True),
            (30, 39, False, False),  # 30 % of the baseline, but under 10 points
            (30, 42, True, False),  # 12 worse is still within the error
            (30, 43, True, True),
            (45.56, 35.56, True, False),  # nine answered: exactly 10 points
        ],
    )
    def test_disability(self, before: float, after: float, important: bool, beyond: bool) -> None:
        judged = change(MEASURES["odi"], before, after, before)
        assert judged.important is important
        assert judged.beyond_measurement_error is beyond

    @pytest.mark.parametrize(
        ("before", "after", "baseline", "important"),
        [
            (7, 5, 7, True),
            (7, 6, 7, False),
            (3, 2, 3, True),  # a third of the baseline
            (4, 3, 4, False),
            (5, 4, 3, True),
            (0, 1, 0, False),
            (0, 2, 0, True),
            (4, 4, 4, False),
        ],
    )
    def test_pain(self, before: int, after: int, baseline: int, important: bool) -> None:
        judged = change(MEASURES["pain"], before, after, baseline)
        assert judged.important is important
        assert judged.beyond_measurement_error is None

    def test_days_have_no_published_threshold_so_none_is_claimed(self, story: Story) -> None:
        story.check_in(at(1, 12), 5, 7, 7)
        story.check_in(at(1, 19), 5, 0, 0)
        course = summary_of(story, None).course("bothersome-days")
        assert course is not None
        assert course.since_start is not None
        assert course.since_start.by == -7
        assert course.since_start.important is None

    def test_better_in_pain_and_worse_in_disability_is_mixed(self, story: Story) -> None:
        for week, (odi, pain) in enumerate([(30, 8), (50, 3)]):
            story.odi(at(1, 5) + timedelta(weeks=week), odi)
            story.check_in(at(1, 12) + timedelta(weeks=week), pain, 3, 3)
        assert summary_of(story, None).since_start is Verdict.MIXED

    def test_where_more_is_better_more_is_better(self, story: Story) -> None:
        for week, value in enumerate([3.0, 6.0]):
            story.write("score", at(1, 12 + 7 * week), flow="psfs", value=value)
        course = summary_of(story, None).course("psfs")
        assert course is not None
        assert course.best.value == 6
        assert course.since_start is not None
        assert course.since_start.direction is Direction.BETTER


class TestCorrections:
    def test_the_last_value_counts_and_the_earlier_is_kept(self, story: Story) -> None:
        pain = story.check_in(at(3, 2), 7, 3, 3)["pain"]
        story.correct(pain, at(3, 2, 19), 4)
        point = summary_of(story).courses[0].now
        assert (point.value, point.earlier, point.late) == (4, (7,), False)

    def test_a_correction_does_not_move_the_answer_in_time(self, story: Story) -> None:
        pain = story.check_in(at(2, 2), 7, 3, 3)["pain"]
        story.check_in(at(2, 9), 5, 3, 3)
        story.correct(pain, at(2, 10), 6)
        course = summary_of(story).course("pain")
        assert course is not None
        assert [point.value for point in course.points] == [6, 5]
        assert course.now.value == 5

    def test_marked_late_the_score_is_late_and_who_saw_40_is_shown_both(self, story: Story) -> None:
        odi = story.odi(at(2, 16), 40)
        story.correct(odi, at(3, 9), 36, late=True)
        course = summary_of(story).course("odi")
        assert course is not None
        assert course.now.late
        assert [(was.seen, was.now) for was in course.corrected] == [(40, 36)]

    @pytest.mark.parametrize("late", [True, False])
    def test_the_correction_itself_says_whether_it_came_late(
        self, story: Story, late: bool
    ) -> None:
        pain = story.check_in(at(3, 2), 7, 3, 3)["pain"]
        story.correct(pain, at(3, 5), 4, late=late)
        odi = story.odi(at(3, 2), 40)
        story.correct(odi, at(3, 5), 36, late=late)
        points = [course.now for course in summary_of(story).courses if course.now.earlier]
        assert [(point.value, point.late) for point in points] == [(36, late), (4, late)]

    def test_a_score_before_the_late_correction_is_not_late(self, story: Story) -> None:
        odi = story.odi(at(2, 16, 18), 40)
        story.correct(odi, at(2, 16, 19), 38)
        late = {"detail": {"late": True}, "session_id": odi.session_id}
        story.write("correction", at(2, 20), flow="odi", item="lifting", value=2, **late)
        course = summary_of(story).course("odi")
        assert course is not None
        assert (course.now.value, course.now.late) == (38, False)

    def test_who_had_not_seen_the_old_value_is_not_bothered_with_it(self, story: Story) -> None:
        odi = story.odi(at(3, 2), 40)
        story.correct(odi, at(3, 9), 36)
        course = summary_of(story).course("odi")
        assert course is not None
        assert course.corrected == ()
        assert course.now.earlier == (40,)

    def test_a_correction_of_a_correction(self, story: Story) -> None:
        first = story.check_in(at(3, 2), 7, 3, 3)["pain"]
        second = story.correct(first, at(3, 3), 6)
        story.correct(second, at(3, 4), 5)
        point = summary_of(story).courses[0].now
        assert (point.value, point.earlier) == (5, (7, 6))

    def test_a_score_taken_back_is_gone_from_the_curve_and_told(self, story: Story) -> None:
        story.odi(at(1, 5), 44)
        seen = story.odi(at(2, 16), 20)
        story.correct(seen, at(3, 1), None, detail={"answered": 6, "of": 10})
        course = summary_of(story).course("odi")
        assert course is not None
        assert course.now.value == 44
        assert [(was.seen, was.now) for was in course.corrected] == [(20, None)]

    @given(st.lists(st.integers(0, 10), min_size=1, max_size=6))
    def test_however_often_it_is_corrected_one_point_is_left(self, values: list[int]) -> None:
        story = Story()
        last = story.check_in(at(3, 2), values[0], 3, 3)["pain"]
        for hour, value in enumerate(values[1:]):
            last = story.correct(last, at(3, 3, hour), value)
        course = summary_of(story).course("pain")
        assert course is not None
        assert [point.value for point in course.points] == values[-1:]


class TestAbsenceIsNotZero:
    def test_a_sitting_without_score_leaves_the_last_score_and_is_flagged(
        self, story: Story
    ) -> None:
        story.odi(at(1, 5), 44)
        story.odi(at(2, 17), None)
        summary = summary_of(story, None)
        course = summary.course("odi")
        assert course is not None
        assert course.now.value == 44
        sitting = summary.completeness.sittings[0]
        assert (sitting.answered, sitting.of, sitting.scored) == (6, 10, False)
        assert sitting.incomplete

    def test_nine_of_ten_is_scored_and_flagged(self, story: Story) -> None:
        story.odi(at(1, 5), 35.56, detail={"answered": 9})
        summary = summary_of(story, None)
        assert summary.courses[0].now.incomplete
        assert summary.completeness.sittings[0].incomplete

    def test_no_pain_is_a_value(self, story: Story) -> None:
        story.check_in(at(1, 12), 0, 0, 0)
        course = summary_of(story, None).course("pain")
        assert course is not None
        assert (course.start.value, course.now.value) == (0, 0)

    def test_a_skipped_question_is_no_point(self, story: Story) -> None:
        story.check_in(at(1, 12), None, 3, 3)
        summary = summary_of(story, None)
        assert summary.course("pain") is None
        assert summary.completeness.check_ins_answered == 0
        assert summary.completeness.check_ins_due == 1

    def test_a_check_in_that_was_missed_was_due(self, story: Story) -> None:
        story.check_in(at(1, 12), 3, 3, 3)
        story.write("missed", at(1, 22), flow="weekly-check-in", author="system")
        story.write("missed", at(1, 1), flow="weekly-check-in", author="system")
        complete = summary_of(story, None).completeness
        assert (complete.check_ins_answered, complete.check_ins_due) == (1, 2)

    def test_a_start_back_that_cannot_be_classified_has_no_group(self, story: Story) -> None:
        story.write(
            "score",
            at(1, 4),
            flow="start-back",
            value=None,
            detail={"group": None, "reason": "group-depends-on-missing", "missing": ["worry"]},
        )
        screen = summary_of(story, None).start_back
        assert screen is not None
        assert (screen.group, screen.total, screen.missing) == (None, None, ("worry",))

    @given(st.lists(st.none() | st.integers(0, 100), max_size=8))
    def test_only_what_was_scored_is_drawn(self, values: list[int | None]) -> None:
        story = Story()
        for week, value in enumerate(values):
            story.odi(at(1, 5) + timedelta(weeks=week), value)
        course = summary_of(story, None).course("odi")
        drawn = [] if course is None else [point.value for point in course.points]
        assert drawn == [value for value in values if value is not None]


class TestWarningSigns:
    def test_without_a_note_it_stays_open(self, story: Story) -> None:
        story.flag(at(3, 22), "leg-weakness", "same-day")
        story.write("note", at(3, 20), text="earlier", author=ANNE)
        story.write("note", at(3, 23), text="my own", author="patient")
        (flag,) = summary_of(story).flags
        assert flag.is_open
        assert flag.is_new

    def test_what_the_patient_says_does_not_close_it(self, story: Story) -> None:
        story.flag(at(3, 22), "leg-weakness", "same-day")
        story.write("flag-follow-up", at(3, 23), text="A", code="seen")
        (flag,) = summary_of(story).flags
        assert flag.follow_up is not None
        assert flag.follow_up.code == "seen"
        assert flag.is_open

    def test_a_clinicians_note_about_it_closes_it(self, story: Story) -> None:
        flag = story.flag(at(3, 22), "leg-weakness", "same-day")
        about = {"flags": [flag.id]}
        story.write("note", at(3, 23), text="Reflexes normal.", author=DR_HOLM, detail=about)
        (told,) = summary_of(story).flags
        assert not told.is_open
        assert told.note is not None
        assert told.note.author == DR_HOLM

    def test_a_note_about_something_else_leaves_it_open(self, story: Story) -> None:
        story.flag(at(3, 22), "leg-weakness", "same-day")
        story.write("note", at(3, 23), text="Agreed: walk 15 minutes.", author=DR_HOLM)
        assert summary_of(story).flags[0].is_open

    def test_i_wrote_it_wrong(self, story: Story) -> None:
        story.flag(at(3, 22), "leg-weakness", "same-day")
        story.write("flag-follow-up", at(3, 23), code="mistake")
        assert not summary_of(story).flags[0].is_open

    def test_a_mistake_that_is_taken_back_is_none(self, story: Story) -> None:
        story.flag(at(3, 22), "leg-weakness", "same-day")
        story.write("flag-follow-up", at(3, 23), code="mistake")
        story.write("flag-follow-up", at(3, 23, 12), code="not-yet")
        assert summary_of(story).flags[0].is_open

    def test_a_mistake_in_march_does_not_undo_a_flag_of_january(self, story: Story) -> None:
        story.flag(at(1, 10), "fever-unwell", "same-day")
        story.write("flag-follow-up", at(1, 11), code="seen")
        story.flag(at(3, 22), "leg-weakness", "same-day")
        story.write("flag-follow-up", at(3, 23), code="mistake")
        flags = {flag.item: flag for flag in summary_of(story).flags}
        assert flags["fever-unwell"].is_open
        assert not flags["leg-weakness"].is_open

    def test_one_answer_settles_what_was_reported_together(self, story: Story) -> None:
        story.flag(at(3, 22, 20), "leg-weakness", "same-day")
        story.flag(at(3, 22, 20, 1), "fever-unwell", "same-day")
        story.write("flag-follow-up", at(3, 23), code="seen")
        assert all(flag.follow_up for flag in summary_of(story).flags)

    def test_an_answer_of_the_screen_that_is_changed_to_no(self, story: Story) -> None:
        flag = story.flag(at(3, 22), "leg-weakness", "same-day")
        story.write(
            "correction",
            at(3, 22, 21),
            flow="red-flags",
            item="leg-weakness",
            code="no",
            session_id=flag.session_id,
        )
        assert summary_of(story).flags[0].mistaken

    def test_one_that_a_helper_told_of_is_marked(self, story: Story) -> None:
        story.flag(at(3, 22), "leg-weakness", "same-day", author="helper")
        story.flag(at(3, 21), "fever-unwell", "same-day")
        assert [flag.by_helper for flag in summary_of(story).flags] == [True, False]

    def test_open_ones_come_first_then_the_newest(self, story: Story) -> None:
        fever = story.flag(at(1, 10), "fever-unwell", "same-day")
        story.write("note", at(1, 11), text="Seen.", author=ANNE, detail={"flags": [fever.id]})
        story.flag(at(3, 1), "leg-weakness", "same-day")
        story.flag(at(3, 22), "both-legs", "emergency")
        flags = summary_of(story).flags
        assert [flag.item for flag in flags] == ["both-legs", "leg-weakness", "fever-unwell"]
        assert [flag.is_new for flag in flags] == [True, True, False]


class TestTheLastLook:
    def test_the_first_look_compares_with_the_start_only(self) -> None:
        summary = summarise(birgit(), BIRGIT, NOW, None)
        assert summary.since_look is None
        assert all(course.then is None for course in summary.courses)
        assert summary.since_start is Verdict.UNCHANGED

    def test_nothing_new_since(self) -> None:
        summary = summarise(birgit(), BIRGIT, NOW, NOW)
        assert all(course.since_look is None for course in summary.courses)

    def test_an_answer_that_was_recorded_after_the_look_was_not_seen(self, story: Story) -> None:
        story.write(
            "answer",
            at(2, 16),
            recorded_at=at(2, 18),
            flow="weekly-check-in",
            item="pain",
            value=7,
        )
        course = summary_of(story).course("pain")
        assert course is not None
        assert course.then is None


class TestEpisodesVisitsAndHelpers:
    def test_a_new_episode_begins_a_new_baseline(self, story: Story) -> None:
        story.odi(at(1, 2), 80)
        story.odi(at(1, 5), 44)
        course = summary_of(story, None).course("odi")
        assert course is not None
        assert course.start.value == 44

    def test_answers_of_the_first_day_count_even_from_before_the_start(self, story: Story) -> None:
        story.odi(at(1, 4, 9), 44)
        assert summary_of(story, None).course("odi") is not None

    def test_questions_that_could_be_asked_at_an_earlier_visit_are_gone(self, story: Story) -> None:
        story.write("question", at(2, 1), text="old")
        story.write("visit", at(2, 17, 14))
        story.write("question", at(3, 1), text="new")
        assert [question.text for question in summary_of(story).questions] == ["new"]

    def test_a_visit_that_was_moved_is_told_once(self, story: Story) -> None:
        first = story.write("visit", at(4, 2, 10), recorded_at=at(3, 20))
        story.write("visit", at(4, 9, 10), recorded_at=at(3, 21), supersedes=first.id)
        visit = summary_of(story).visit
        assert visit is not None
        assert visit.at == at(4, 9, 10)

    def test_a_visit_that_was_cancelled_is_none(self, story: Story) -> None:
        first = story.write("visit", at(4, 2, 10), recorded_at=at(3, 20))
        story.write(
            "visit", at(4, 2, 10), recorded_at=at(3, 21), supersedes=first.id, code="cancelled"
        )
        assert summary_of(story).visit is None

    def test_the_newest_goal_counts(self, story: Story) -> None:
        story.intake(at(1, 6), "goal", "walk")
        story.write("goal", at(2, 6), text="cycle")
        goal = summary_of(story).goal
        assert goal is not None
        assert goal.text == "cycle"

    def test_a_declined_question_was_asked_already(self, story: Story) -> None:
        story.intake(at(1, 6), "medication", "skip", kind="skip")
        assert [(fact.item, fact.state) for fact in summary_of(story).asked] == [
            ("medication", "skip")
        ]

    def test_answers_of_a_helper_are_counted(self, story: Story) -> None:
        pain = story.check_in(at(1, 12), 6, 3, 3)["pain"]
        story.entries[0] = later(pain, author="helper")
        summary = summary_of(story, None)
        assert summary.completeness.by_helper == 1
        assert summary.courses[0].now.author == "helper"

    def test_days_begin_at_midnight_where_the_patient_lives(self, story: Story) -> None:
        story.write("visit", at(3, 31, 0, 30).astimezone(UTC))
        assert summary_of(story).visit is not None


entries_of_one_moment = st.permutations(birgit())


@given(entries_of_one_moment)
def test_the_order_in_which_rows_are_read_does_not_matter(shuffled: list[Entry]) -> None:
    assert summarise(shuffled, BIRGIT, NOW, LOOKED) == summarise(birgit(), BIRGIT, NOW, LOOKED)


@given(st.permutations([(n, pain) for n, pain in enumerate([7, 3, 5, 9])]))
def test_of_answers_of_one_moment_the_last_written_counts(order: list[tuple[int, int]]) -> None:
    rows = [
        Entry(n + 1, 1, n + 1, at(3, 2), at(3, 2), "answer", item="pain", value=pain, session_id=1)
        for n, pain in order
    ]
    course = summarise(rows, BIRGIT, NOW, None).course("pain")
    assert course is not None
    assert course.now.value == 9


def test_an_empty_timeline_is_a_summary_without_numbers() -> None:
    summary = summarise([], BIRGIT, NOW, LOOKED)
    assert summary.courses == ()
    assert summary.since_look is None
    assert summary.completeness.check_ins_due == 0


class TestSilence:
    def test_after_two_missed_check_ins_nobody_says_how_it_is_now(self, story: Story) -> None:
        story.check_in(at(1, 12), pain=7)
        story.check_in(at(1, 19), pain=3)
        assert not summary_of(story, now=at(1, 26)).silent
        silent = summary_of(story, now=at(2, 9))
        assert silent.silent
        assert silent.last_report == at(1, 19, 18, 1)


class TestWhatCanBeCompared:
    def sitting(self, story: Story, week: int, value: float, *activities: str) -> None:
        session, when = story.session(), at(1, 12) + timedelta(weeks=week)
        for number, words in enumerate(activities, 1):
            fields = {"flow": "psfs", "item": f"activity-{number}", "session_id": session}
            story.write("answer", when, text=words, **fields)
        story.write("score", when, flow="psfs", value=value, session_id=session, detail={})

    def test_ratings_of_the_same_activities(self, story: Story) -> None:
        self.sitting(story, 0, 3, "Lift the boy", "garden")
        self.sitting(story, 1, 6, "lift the boy", "garden")
        course = summary_of(story, None).course("psfs")
        assert course is not None
        assert course.now.named == ("lift the boy", "garden")
        assert course.since_start is not None
        assert course.since_start.important

    def test_not_those_of_others(self, story: Story) -> None:
        self.sitting(story, 0, 3, "lift the boy", "garden")
        self.sitting(story, 1, 6, "garden")
        course = summary_of(story, None).course("psfs")
        assert course is not None
        assert (course.start.value, course.now.value) == (3, 6)
        assert course.since_start is None

    def test_not_another_length_of_an_instrument(self, story: Story) -> None:
        for week, variant in enumerate(["rmdq-24", "rmdq-23"]):
            when = at(1, 12) + timedelta(weeks=week)
            story.write("score", when, flow="rmdq", value=8, detail={"variant": variant})
        course = summary_of(story, None).course("rmdq")
        assert course is not None
        assert course.since_start is None


def test_subscales_stand_with_the_value(story: Story) -> None:
    detail = {"subscale": {"anxiety": 4, "depression": 1}, "positive": ["anxiety"]}
    story.write("score", at(1, 12), flow="phq-4", value=5, detail=detail)
    course = summary_of(story).course("phq-4")
    assert course is not None
    assert dict(course.now.parts) == {"anxiety": 4, "depression": 1}
    assert course.now.positive == ("anxiety",)


def test_the_patients_own_view_is_no_measure(story: Story) -> None:
    story.write("answer", at(1, 12), flow="change", item="change", value=1, code="a-little-better")
    summary = summary_of(story)
    assert summary.own_view is not None
    assert summary.own_view.code == "a-little-better"
    assert summary.courses == ()


def told_of_others() -> Story:
    """Birgit after a visit with Anne, and what she told of others."""
    story = Story()
    visit = story.write("visit", at(3, 30, 10), text="Anne")
    story.write("plan", at(3, 31, 9), text="half a tablet", detail={"visit": visit.id})
    story.write("contact", at(3, 31, 10), text="at the hospital yesterday", code="hospital")
    story.write("referral", at(3, 31, 11), text="GP sent me on", code="rheumatologist")
    story.write("question", at(3, 31, 12), text="May I cycle?")
    story.write("question", at(3, 31, 13), text="The tablets", code=FIRST)
    return story


def test_what_the_patient_most_wants_to_talk_about_comes_first() -> None:
    summary = summarise(told_of_others().entries, BIRGIT, at(4, 1), None)

    assert [each.text for each in summary.questions] == ["The tablets", "May I cycle?"]


def test_a_plan_says_which_visit_it_comes_from_and_others_are_told_newest_first() -> None:
    summary = summarise(told_of_others().entries, BIRGIT, at(4, 1), None)

    assert summary.plan is not None
    assert summary.agreed_at is not None
    assert (summary.plan.text, summary.agreed_at.text) == ("half a tablet", "Anne")
    assert [each.text for each in summary.contacts] == [
        "GP sent me on",
        "at the hospital yesterday",
    ]


def test_a_visit_that_did_not_take_place_leaves_the_questions_for_it() -> None:
    story = Story()
    story.write("question", at(3, 29), text="The tablets")
    visit = story.write("visit", at(3, 30, 10), text="Anne")
    assert summarise(story.entries, BIRGIT, at(4, 1), None).questions == ()

    story.write("visit", at(3, 30, 10), code=CANCELLED, supersedes=visit.id)
    assert summarise(story.entries, BIRGIT, at(4, 1), None).questions[0].text == "The tablets"
