"""Pages from templates: everything escaped, nothing undefined, no inline script or style."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from templates.charts import HEIGHT, WIDTH, Chart, Span, bar_chart, line_chart
from templates.telling import Telling
from templates.words import Words

SHARED = ("say", "count", "name", "day", "clock", "birth_date", "number", "signed", "iso")
"""What every template may call without being given it: methods of `Words`."""

CURVES = ("odi", "pain", "bothersome-days")
"""What is drawn, in this order."""
MINE = ("pain", "activity-limited-days", "odi")
"""What is drawn for the patient."""
PANEL = HEIGHT + 34.0
"""Height of one of the patient's charts with its heading."""
FOOT = 16.0
"""Height of the line under the last of them."""

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
    telling = _telling(summary, language, viewer, names, labels)
    context = {
        "summary": summary,
        "tell": telling,
        "shared_until": shared_until,
        "journal_text": _journal(summary, telling),
        "curves": {id: svg for id in CURVES if (svg := _curve(summary, id, telling.words))},
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
    return _journal(summary, _telling(summary, language, viewer, names, labels))


def curve(summary: Any, measure: str, language: str) -> str | None:
    """The curve of one of `CURVES` as an SVG of its own; None while there is no value."""
    return _curve(summary, measure, Words.of(language, summary.person.timezone, summary.now))


def progress_picture(summary: Any, language: str) -> str:
    """What the patient sees of their own course, as one SVG; empty before anything came twice.

    No band, warning sign or look of a professional is in it: it judges nothing.
    """
    words = Words.of(language, summary.person.timezone, summary.now)
    courses = [each for id in MINE if (each := summary.course(id)) and len(each.points) > 1]
    panels = [
        {
            "id": course.measure.id,
            "course": course,
            "chart": _own_chart(summary, course),
            "y": number * PANEL,
        }
        for number, course in enumerate(courses)
    ]
    if not panels:
        return ""
    size = {"width": WIDTH, "height": len(panels) * PANEL + FOOT}
    return _render("charts/progress.svg", words, {"panels": panels, **size})


def _own_chart(summary: Any, course: Any) -> Chart:
    span = _span(summary)
    if course.measure.maximum == 7:
        return bar_chart(course.points, span, 7)
    return line_chart(course.points, span, course.measure.maximum)


def _telling(
    summary: Any,
    language: str,
    viewer: str | None,
    names: Mapping[str, str],
    labels: Mapping[str, str],
) -> Telling:
    words = Words.of(language, summary.person.timezone, summary.now)
    return Telling(words, viewer, names, labels)


def _curve(summary: Any, measure: str, words: Words) -> Markup | None:
    course = summary.course(measure)
    if course is None:
        return None
    chart = _chart(summary, course)
    template = "charts/bars.svg" if chart.bars else "charts/line.svg"
    return Markup(_render(template, words, {"chart": chart, "course": course}))  # noqa: S704


def _chart(summary: Any, course: Any) -> Chart:
    """All curves of a summary show the same days, from the first value of any until now."""
    span = _span(summary)
    match course.measure.id:
        case "odi":
            bands = course.measure.bands
            return line_chart(course.points, span, 100, bands=bands, look=summary.since)
        case "pain":
            flags = [flag.at for flag in summary.flags if not flag.mistaken]
            return line_chart(course.points, span, 10, flags=flags, look=summary.since)
        case _:
            return bar_chart(course.points, span, 7)


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
    environment.filters["line"] = _one_line
    environment.filters["base64"] = _base64
    return environment


def _base64(text: str) -> str:
    return b64encode(text.encode()).decode()


def _one_line(text: str, length: int = 160) -> str:
    """Somebody's words on one line, cut where they get long."""
    words = " ".join(text.split())
    return words if len(words) <= length else words[: length - 3].rstrip() + "..."
