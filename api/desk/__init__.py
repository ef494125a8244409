"""The clinic's desk in the browser: one file a section."""

from api.desk import enrol, enrol_many, home

ROUTERS = (home.router, enrol.router, enrol_many.router)
"""Every section's routes."""

__all__ = ["ROUTERS"]
