"""The contestants that need nothing else installed say the same and count the same."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from benchmarks.turns.conversation_handler import ConversationHandlerContestant
from benchmarks.turns.measuring import questionnaire
from benchmarks.turns.ours import OursContestant
from benchmarks.turns.patient import Answers, Variant, answer_all

PATIENTS = range(4711, 4713)


def answers(contestant: Any, variant: Variant) -> Answers:
    async def all_of_them() -> Answers:
        await contestant.open()
        return await answer_all(contestant, questionnaire(), variant, PATIENTS, at_least=0)

    return asyncio.run(all_of_them())


@pytest.mark.filterwarnings("ignore::telegram.warnings.PTBUserWarning")
@pytest.mark.parametrize("variant", ["press", "typed"])
def test_ours_and_the_conversation_handler_hold_the_same_conversation(variant: Variant) -> None:
    asked = questionnaire()
    ours = answers(OursContestant(asked), variant)
    assert len(ours.shown) == len(asked.questions) + 1
    assert None not in ours.scores
    for peer in (
        OursContestant(asked, seals=True),
        ConversationHandlerContestant(asked, saves=True),
        ConversationHandlerContestant(asked, saves=False),
    ):
        theirs = answers(peer, variant)
        assert theirs.shown == ours.shown
        assert theirs.scores == ours.scores
        assert theirs.methods == ours.methods
