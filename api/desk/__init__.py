"""The clinic's desk in the browser: one file a section."""

from api.desk import home

ROUTERS = (home.router,)
"""Every section's routes."""

__all__ = ["ROUTERS"]
