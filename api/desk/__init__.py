"""The clinic's desk in the browser: one file a section."""

from api.desk import (
    directory,
    enrol,
    enrol_many,
    home,
    paper,
    patient_deeds,
    patients,
    research,
    running,
    talk,
    work,
)

ROUTERS = (
    home.router,
    talk.router,
    enrol.router,
    enrol_many.router,
    directory.router,
    patients.router,
    patient_deeds.router,
    paper.router,
    research.router,
    running.router,
    work.router,
)
"""Every section's routes."""

__all__ = ["ROUTERS"]
