"""The clinic's desk in the browser: one file a section."""

from api.desk import (
    directory,
    enrol,
    enrol_many,
    home,
    paper,
    patient_addresses,
    patient_course,
    patient_identity,
    patients,
    research,
    running,
    talk,
    work,
)

ROUTERS = (
    home.router,
    talk.router,
    # Before one patient's pages, whose number stands where its name does.
    enrol_many.router,
    enrol.router,
    directory.router,
    patients.router,
    patient_addresses.router,
    patient_course.router,
    patient_identity.router,
    paper.router,
    research.router,
    running.router,
    work.router,
)
"""Every section's routes."""

__all__ = ["ROUTERS"]
