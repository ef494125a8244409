"""What the benchmark of the summary asks for is really there."""

import pytest

from benchmarks import summaries


def test_a_year_comes_as_page_and_as_pdf(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(summaries, "LOOKS", 1)
    assert summaries.measure_page(1)["summary_page_ms"] > 0
    assert summaries.measure_pdf(1)["summary_pdf_ms"] > 0
