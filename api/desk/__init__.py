"""The clinic's desk in the browser: one file a section."""

from api.desk import (
    directory,
    home,
    research,
    running,
    talk,
)

ROUTERS = (
    home.router,
    talk.router,
    directory.router,
    research.router,
    running.router,
)
"""Every section's routes."""

__all__ = ["ROUTERS"]
