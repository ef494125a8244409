"""Answers that are known already: shown once for confirmation instead of being asked anew."""

from __future__ import annotations

from msgspec import structs

from flows.lexicon import Lexicon, Sense
from flows.model import Item
from flows.reading.labels import content
from flows.session import Session

_STILL = (Sense.YES, Sense.CONFIRM)
_NO_MORE = (Sense.NO, Sense.DENY)


def still_holds(text: str, lexicon: Lexicon) -> bool | None:
    """Whether this says that the answer shown is still right; None: it says something else.

    Only a bare yes or no is one: other words may be the new answer.
    """
    said = content(lexicon.tokens(text))
    if said and all(token.means(*_STILL) for token in said):
        return True
    if said and all(token.means(*_NO_MORE) for token in said):
        return False
    return None


def without_known(session: Session, item: Item) -> Session:
    """The session where this item is asked in full from now on."""
    if item.id not in session.known:
        return session
    known = {key: given for key, given in session.known.items() if key != item.id}
    return structs.replace(session, known=known)
