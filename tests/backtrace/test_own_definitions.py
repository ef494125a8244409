"""A deployment's own flows and pathways, and which pathways it offers."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from backtrace.cli import app
from backtrace.definitions import NoDefinitions, worded_library
from backtrace.furnishing import library_of
from backtrace.refusals import DemonstrationWording
from backtrace.settings import Settings
from flows.errors import DefinitionError
from tests.house.command import backtrace
from trajectory.measures import measures_of

PAGE = Path(__file__).parents[2] / "docs" / "definitions.md"
MOOD = PAGE.read_text("utf-8").partition("```yaml\n")[2].partition("```")[0]
"""The example of the page that says how."""
STEPS = """
{"at": "2026-01-05T10:00:00+01:00", "enrol": {"patient": "p1", "name": "Birgit", "channel": "sms", \
"address": "+4520123456", "language": "en", "pathway": "back-and-mood", "consent": true}}
{"at": "2026-01-05T10:01:00+01:00", "start": {"patient": "p1", "flow": "phq-4"}}
{"at": "2026-01-05T10:02:00+01:00", "from": "p1", "text": "no"}
"""


@pytest.fixture
def own(tmp_path: Path) -> Path:
    folder = tmp_path / "definitions"
    folder.mkdir()
    (folder / "mood.yaml").write_text(MOOD, encoding="utf-8")
    return folder


def test_phq_4_is_in_no_pathway_that_is_shipped() -> None:
    library = worded_library(None)

    asked = {flow.id for flow in library.asked()}

    assert "phq-4" in library.flows
    assert "phq-4" not in asked
    assert {"odi", "red-flags"} <= asked


def test_a_deployment_adds_it_by_a_pathway_of_its_own(own: Path) -> None:
    library = worded_library(None, own)

    assert "low-back-pain" in library.pathways
    followed = measures_of(library, "back-and-mood")
    assert [measure.id for measure in followed.all][:2] == ["pain", "phq-4"]
    assert followed.told == ("pain",)


def test_the_own_pathway_is_asked_and_checked_from_the_shell(tmp_path: Path, own: Path) -> None:
    (tmp_path / "steps.jsonl").write_text(STEPS.lstrip(), encoding="utf-8")
    setting = {"BACKTRACE_DEFINITIONS_DIR": str(own)}

    played = backtrace("replay", "steps.jsonl", folder=tmp_path, **setting)
    shown = backtrace("flows", "show", "back-and-mood", folder=tmp_path, **setting)

    assert "how often have you been uneasy" in played.stdout
    assert "  weekly to week 12  weekly-check-in" in shown.stdout
    assert CliRunner().invoke(app, ["flows", "check", str(own)]).exit_code == 0


def test_nothing_that_is_shipped_is_replaced(own: Path) -> None:
    (own / "mood.yaml").write_text(MOOD.replace("back-and-mood", "low-back-pain"), "utf-8")

    with pytest.raises(DefinitionError, match="'low-back-pain' is taken by definitions/pathways"):
        worded_library(None, own)


def settings(**given: object) -> Settings:
    return Settings(_env_file=None, env="production", **given)  # type: ignore[arg-type]


def test_production_wants_the_owners_words_of_what_it_asks_and_of_nothing_else() -> None:
    with pytest.raises(DemonstrationWording) as refused:
        library_of(settings())

    names = str(refused.value).partition(":")[0].split(", ")
    assert {"odi", "start-back"} <= {*names}
    assert {"phq-4", "rmdq", "psfs"}.isdisjoint(names)


def test_only_the_pathways_that_are_named_are_offered(own: Path) -> None:
    given = {"definitions_dir": own, "allow_demonstration_wording": True}

    library = library_of(settings(pathways="back-and-mood", **given))

    assert [*library.pathways] == ["back-and-mood"]
    with pytest.raises(NoDefinitions, match="BACKTRACE_PATHWAYS names back-pain; choose among"):
        library_of(settings(pathways="back-pain", **given))
