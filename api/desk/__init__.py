"""The clinic's desk in the browser: one file a section."""

from api.desk import home, talk

ROUTERS = (home.router, talk.router)
"""Every section's routes."""

__all__ = ["ROUTERS"]
