"""How the benchmarks show what they measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median


def show(title: str, unit: str, measured: Mapping[str, Sequence[float]]) -> None:
    """Medians, with the least and the most, one line for each who was measured."""
    print(f"\n{title}")
    print(f"{unit:36}{'median':>10}{'least':>10}{'most':>10}")
    for name, values in measured.items():
        print(f"{name:36}{_figure(median(values))}{_figure(min(values))}{_figure(max(values))}")


def counting(rounds: int) -> list[bool]:
    """Whether each round counts: the first one only warms everybody up."""
    return [False] + [True] * rounds


def ratio(measured: Mapping[str, Sequence[float]], one: str, other: str) -> float:
    """The median of one by that of the other."""
    return median(measured[one]) / median(measured[other])


def _figure(value: float) -> str:
    return f"{value:10,.0f}" if value >= 100 else f"{value:10,.1f}"
