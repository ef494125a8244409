"""The clinic's desk in the browser: one file a section."""

from api.desk import home, patient_deeds, patients

ROUTERS = (home.router, patients.router, patient_deeds.router)
"""Every section's routes."""

__all__ = ["ROUTERS"]
