"""The clinic's desk in the browser: one file a section."""

from api.desk import (
    directory,
    home,
    paper,
    research,
    running,
)

ROUTERS = (
    home.router,
    directory.router,
    paper.router,
    research.router,
    running.router,
)
"""Every section's routes."""

__all__ = ["ROUTERS"]
