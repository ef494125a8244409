"""The clinic's desk in the browser: one file a section."""

from api.desk import home, work

ROUTERS = (home.router, work.router)
"""Every section's routes."""

__all__ = ["ROUTERS"]
