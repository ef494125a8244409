"""Pages from templates: everything escaped, nothing undefined, no inline script or style."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from templates.changes import told
from templates.charts import HEIGHT, WIDTH, Chart, Span, bar_chart, line_chart
from templates.plain import one_line
from templates.telling import Telling
from templates.words import Words

SHARED = ("say", "count", "name", "day", "clock", "birth_date", "number", "signed", "iso")
"""What every template may call without being given it: methods of `Words`."""

PANEL = HEIGHT + 34.0
"""Height of one of the patient's charts with its heading."""
FOOT = 16.0
"""Height of the line under the last of them."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A curve, its heading, what it shows to those who do not see it, and a key to its marks."""

    title: str
    svg: Markup
    description: str
    key: dict[str, str]


# Journal systems may know no more than Latin-1, and a line is a line.
_FOR_JOURNALS = str.maketrans(
    {"\u2212": "-", "\u2192": "->", "\u2013": "-", "\u201c": '"', "\u201d": '"', "\u2019": "'"}
)


def render(
    name: str,
    language: str,
    *,
    timezone: str = "UTC",
    now: datetime | None = None,
    **context: Any,
) -> str:
    """Render a template of `pages/`, such as "access.html".

    `timezone` is that of the person whom the page is about; dates in the year of `now` are
    written without it.

    Raises:
        KeyError: no words in this language.
        jinja2.UndefinedError: the context lacks something that the template needs.
        jinja2.TemplateNotFound: no such template.
    """
    return _render(f"pages/{name}", Words.of(language, timezone, now), context)


def summary_page(
    summary: Any,
    language: str,
    *,
    viewer: str | None,
    names: Mapping[str, str],
    labels: Mapping[str, str],
    shared_until: datetime | None,
    **more: Any,
) -> str:
    """The professional's page; what else it may be given stands at the top of its template.

    `summary` is a `trajectory.summary.Summary`; `viewer`, `names` and `labels` as in
    `templates.telling`; `shared_until` None: until the patient stops it.
    """
    telling = telling_of(summary, language, viewer, names, labels)
    context = {
        "summary": summary,
        "tell": telling,
        "told": told(summary, telling),
        "shared_until": shared_until,
        "journal_text": _journal(summary, telling),
        "curves": drawings(summary, telling),
        **more,
    }
    return _render("pages/summary.html", telling.words, context)


def journal(
    summary: Any,
    language: str,
    *,
    viewer: str | None,
    names: Mapping[str, str],
    labels: Mapping[str, str],
) -> str:
    """The same summary as plain text of at most 15 lines, to be pasted into a journal."""
    return _journal(summary, telling_of(summary, language, viewer, names, labels))


def curve(summary: Any, measure: str, language: str) -> str | None:
    """The curve of a measure as an SVG of its own; None while there is no value."""
    drawn = _drawing(summary, measure, telling_of(summary, language, None, {}, {}))
    return None if drawn is None else drawn.svg


def progress_picture(summary: Any, language: str) -> str:
    """What the patient sees of their own course, as one SVG; empty before anything came twice.

    No band, warning sign or look of a professional is in it: it judges nothing.
    """
    words = Words.of(language, summary.person.timezone, summary.now)
    told = (summary.course(id) for id in summary.person.measures.told)
    courses = [course for course in told if course and len(course.points) > 1]
    panels = [
        {
            "caption": _own_caption(course, words),
            "course": course,
            "chart": _plain_chart(summary, course),
            "y": number * PANEL,
        }
        for number, course in enumerate(courses)
    ]
    if not panels:
        return ""
    size = {"width": WIDTH, "height": len(panels) * PANEL + FOOT}
    return _render("charts/progress.svg", words, {"panels": panels, **size})


def _own_caption(course: Any, words: Words) -> str:
    measure = course.measure
    key = "chart.mine.count" if measure.counts else "chart.mine.points"
    return words.say(key, name=measure.plainly(words.catalogue.language), maximum=measure.maximum)


def _plain_chart(summary: Any, course: Any) -> Chart:
    span, maximum = _span(summary), course.measure.maximum
    return (bar_chart if course.measure.counts else line_chart)(course.points, span, maximum)


def telling_of(
    summary: Any,
    language: str,
    viewer: str | None,
    names: Mapping[str, str],
    labels: Mapping[str, str],
) -> Telling:
    """The words for one summary; arguments as in `templates.telling`."""
    words = Words.of(language, summary.person.timezone, summary.now)
    measures = {each.id: each.called(language) for each in summary.person.measures.all}
    return Telling(words, viewer, names, {**labels, **measures})


def drawings(summary: Any, telling: Telling) -> list[Drawing]:
    """The curve of every measure that is drawn for professionals and has a value."""
    ids = summary.person.measures.curves
    return [drawn for id in ids if (drawn := _drawing(summary, id, telling))]


def _drawing(summary: Any, measure: str, telling: Telling) -> Drawing | None:
    course = summary.course(measure)
    if course is None:
        return None
    words = telling.words
    chart = _chart(summary, course, words.catalogue.language)
    caption, description = telling.caption(course), _described(course, chart, words)
    template = "charts/bars.svg" if chart.bars else "charts/line.svg"
    context = {"chart": chart, "course": course, "caption": caption, "description": description}
    svg = _render(template, words, context)
    marks = {
        "key-flag": bool(chart.flags),
        "key-corrected": any(point.corrected for point in course.points),
    }
    return Drawing(
        caption,
        Markup(svg),  # noqa: S704
        description,
        {key: words.say(f"chart.{key}") for key, is_there in marks.items() if is_there},
    )


def _described(course: Any, chart: Chart, words: Words) -> str:
    """The chart for those who do not see it."""
    values = {each: words.number(getattr(course, each).value) for each in ("start", "best", "now")}
    days = {"first": words.day(course.start.at), "last": words.day(course.now.at)}
    told = words.say("chart.desc", n=len(course.points), **days, **values)
    if not chart.flags:
        return told
    return f"{told} {words.count('chart.desc-flags', len(chart.flags))}"


def _chart(summary: Any, course: Any, language: str) -> Chart:
    """All curves of a summary show the same days, from the first value of any until now.

    Warning signs are marked where no bands lie under the curve.
    """
    measure = course.measure
    if measure.counts:
        return _plain_chart(summary, course)
    bands = [(measure.part(id, language), end) for id, end in measure.bands]
    flags = [] if bands else [flag.at for flag in summary.flags if not flag.mistaken]
    return line_chart(
        course.points,
        _span(summary),
        measure.maximum,
        bands=bands,
        flags=flags,
        look=summary.since,
    )


def _span(summary: Any) -> Span:
    first = min(each.start.at for each in summary.courses)
    return Span(first, summary.now, summary.person.timezone)


def _journal(summary: Any, telling: Telling) -> str:
    text = _render("journal.txt", telling.words, {"summary": summary, "tell": telling})
    lines = (line.strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line).translate(_FOR_JOURNALS)


def _render(name: str, words: Words, context: Mapping[str, Any]) -> str:
    shared = {each: getattr(words, each) for each in SHARED}
    language = words.catalogue.language
    return _environment().get_template(name).render({**shared, "language": language, **context})


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("templates", "."),
        autoescape=select_autoescape(disabled_extensions=("txt",), default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["line"] = one_line
    environment.filters["base64"] = _base64
    return environment


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()
