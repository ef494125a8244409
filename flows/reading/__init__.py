"""What a message says in answer to one question. A reading is never a guess.

Yes, no and numbers are never matched by likeness; what is doubtful is left to be asked back.
"""

from flows.reading.answer import read
from flows.reading.confirmation import Denied, given_as, offer, read_confirmation
from flows.reading.outcome import Ambiguous, NotAReply, Reading, Understood

__all__ = [
    "Ambiguous",
    "Denied",
    "NotAReply",
    "Reading",
    "Understood",
    "given_as",
    "offer",
    "read",
    "read_confirmation",
]
