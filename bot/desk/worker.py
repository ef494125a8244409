"""Somebody of the clinic's staff who is signed in at the desk."""

from __future__ import annotations

from dataclasses import dataclass

from trajectory.staff_tokens import Role


@dataclass(frozen=True, slots=True)
class Worker:
    """Who acts; `actor` is what the audit says."""

    id: int
    name: str
    roles: frozenset[Role]
    language: str
    actor: str
