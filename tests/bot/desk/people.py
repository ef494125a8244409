"""Who works at the desk in these tests."""

from bot.desk.worker import Worker
from trajectory.staff_tokens import Role

METTE = Worker(7, "Mette Dam", frozenset({Role.SECRETARY}), "en", "desk:7")
