"""`make bench`: everything side by side in one run; the last line is one JSON object."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping

from benchmarks import due, replies, summaries
from benchmarks.durable import measuring as durable
from benchmarks.turns import measuring as turns

Part = Callable[[argparse.Namespace], Mapping[str, float]]
PARTS: Mapping[str, Part] = {
    "turns": lambda asked: {
        "engine_vs_fastest_peer": turns.measure(asked.rounds, asked.profile),
    },
    "sqlite": lambda asked: durable.on_sqlite(asked.rounds),
    "postgres": lambda asked: durable.on_postgres(asked.rounds),
    "due": lambda asked: due.measure(asked.rounds),
    "replies": lambda asked: replies.measure(),
    "page": lambda asked: summaries.measure_page(asked.rounds),
    "pdf": lambda asked: summaries.measure_pdf(asked.rounds),
}


def main() -> None:
    asked = _asked()
    found: dict[str, float] = {}
    for part in asked.parts or PARTS:
        found |= PARTS[part](asked)
    print(f"\n{json.dumps({name: round(value, 2) for name, value in found.items()})}")


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks")
    parser.add_argument("parts", nargs="*", choices=[*PARTS, []], help="these only; else all")
    parser.add_argument("--rounds", type=int, default=7, help="rounds of each contestant")
    parser.add_argument("--profile", action="store_true", help="where our turns spend their time")
    return parser.parse_args()


if __name__ == "__main__":
    main()
