"""The clinic's desk in the browser: one file a section."""

from api.desk import home, research

ROUTERS = (home.router, research.router)
"""Every section's routes."""

__all__ = ["ROUTERS"]
