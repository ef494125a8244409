"""Groups are refused: who else reads there cannot be known.

A message from a group belongs to no patient, whoever wrote it, and is sealed with the
deployment's key. It gets one line, in every language of the deployment.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from bot import outbox
from bot.channels.forms import FORMS
from bot.deployment import Deployment
from bot.inbound import Inbound
from bot.messages import Message, Priority
from bot.outbox import Outgoing
from trajectory import deployment as deployment_key

REFUSED = "refused"


def refuse(
    connection: Connection, deployment: Deployment, messages: Iterable[Inbound], now: datetime
) -> None:
    """Answer each group once, however much was written in it meanwhile."""
    groups = {(message.channel, message.address) for message in messages}
    if not groups:
        return
    sealer = deployment_key.sealer(connection, deployment.ring)
    catalogues = deployment.catalogues.values()
    text = "\n".join(words.say("group.refused") for words in catalogues)
    words = next(iter(catalogues))
    posts = [
        Outgoing(
            sealer, None, 0, channel, FORMS[channel](Message(text), words), Priority.REPLY, now,
            to=address,
        )
        for channel, address in sorted(groups)
    ]  # fmt: skip
    outbox.post(connection, deployment, posts)
