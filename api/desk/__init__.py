"""The clinic's desk in the browser: one file a section."""

from api.desk import directory, home, running

ROUTERS = (home.router, directory.router, running.router)
"""Every section's routes."""

__all__ = ["ROUTERS"]
