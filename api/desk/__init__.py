"""The clinic's desk in the browser: one file a section."""

from api.desk import (
    directory,
    home,
    research,
    running,
    work,
)

ROUTERS = (
    home.router,
    directory.router,
    research.router,
    running.router,
    work.router,
)
"""Every section's routes."""

__all__ = ["ROUTERS"]
