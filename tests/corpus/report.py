"""How the replies of the corpus are read: `python -m tests.corpus.report`, or `make corpus`.

Only counts are printed, so that the held half stays unread. `--open` lists the replies of the
other half that were not dealt with rightly.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

from tests.corpus.replies import LANGUAGES, Reply, replies
from tests.corpus.verdicts import (
    CHANNELS,
    Outcome,
    Verdict,
    by_pipeline,
    by_reading,
    by_section,
    share_understood,
)

HALVES = {"open": False, "held": True}
_HEAD = f"{'':<34}{'replies':>8}{'right':>7}{'asked back':>12}{'wrong stored':>14}{'over':>6}"


def main(arguments: Sequence[str]) -> None:
    """Print what came of every reply, by reading alone and on each channel."""
    for language in LANGUAGES:
        everything = replies(language)
        _print(f"{language}, reading alone", by_reading(everything))
        for channel in CHANNELS:
            through = by_pipeline([(reply, channel) for reply in everything])
            _print(f"{language}, {channel}", through)
            if "--open" in arguments:
                _list_open(through)


def _print(title: str, outcomes: Sequence[Outcome]) -> None:
    for half, held in HALVES.items():
        part = [each for each in outcomes if each.reply.held is held]
        print(f"\n{title}, {half} half: understood {share_understood(part):.1%}")
        print(_HEAD)
        for section, within in by_section(part).items():
            print(_row(section, within))
        print(_row("all", part))


def _row(name: str, outcomes: Sequence[Outcome]) -> str:
    right, asked, wrong = (_count(outcomes, verdict) for verdict in Verdict)
    over = sum(bool(each.over) for each in outcomes)
    return f"  {name:<32}{len(outcomes):>8}{right:>7}{asked:>12}{wrong:>14}{over:>6}"


def _count(outcomes: Iterable[Outcome], verdict: Verdict) -> int:
    return sum(each.verdict is verdict for each in outcomes)


def _list_open(outcomes: Iterable[Outcome]) -> None:
    for each in outcomes:
        if not each.reply.held and each.verdict is not Verdict.RIGHT:
            print(f"  {each.verdict}: {_line(each.reply)}, stored {each.stored}")


def _line(reply: Reply) -> str:
    return f"{reply.id} {reply.item} {reply.say!r} means {reply.means or reply.perhaps}"


if __name__ == "__main__":
    main(sys.argv[1:])
