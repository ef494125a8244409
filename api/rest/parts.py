"""What the sections of the staff API share: numbers in paths, and what everybody may be told."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from api.rest.paging import LARGEST_NUMBER
from api.rest.problems import Refused, Told
from bot import held, inviting

Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER)]
NOBODY: Told = {
    kind: Refused(404, "no patient has this number")
    for kind in (held.NoSuchPatient, inviting.NoSuchPatient)
}
