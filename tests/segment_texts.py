"""Texts to hold our segment counter against another one, as JSON lines with what ours says.

python -m tests.segment_texts [how many]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from random import Random

from bot.segments import is_gsm7, segments
from templates.catalogue import load_catalogues

_PLAIN = "abcdefghij klmnop qrstuvwxyz ABC 0123456789 .,:;!?()/-+\n æøåÆØÅéäöü"
_EXTENDED = "^{}\\[~]|€"
_OTHER = "ęšçá“”–…\N{SLIGHTLY SMILING FACE}Жد語"


def texts(count: int, seed: int = 1) -> Iterator[str]:
    """Every text that we send, and as many generated ones, most of them near a border."""
    for catalogue in load_catalogues("messages").values():
        yield from catalogue.messages.values()
    random = Random(seed)
    for n in range(count):
        signs = (_PLAIN, _PLAIN + _EXTENDED, _PLAIN + _EXTENDED + _OTHER)[n % 3]
        border = random.choice((70, 134, 201, 160, 306, 459, 612))
        length = max(1, border + random.randint(-8, 8))
        yield "".join(random.choices(signs, k=length))


def main(count: int) -> None:
    """Write them."""
    for text in texts(count):
        line = {"text": text, "gsm7": is_gsm7(text), "segments": segments(text)}
        sys.stdout.write(json.dumps(line) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
