"""The clinic's desk in the browser: one file a section."""

from api.desk import (
    directory,
    enrol,
    enrol_many,
    home,
    research,
    running,
)

ROUTERS = (
    home.router,
    enrol.router,
    enrol_many.router,
    directory.router,
    research.router,
    running.router,
)
"""Every section's routes."""

__all__ = ["ROUTERS"]
