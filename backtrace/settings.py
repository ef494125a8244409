"""Every setting, read once from the environment; nothing below reads it again."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """`BACKTRACE_*` variables, or an `.env` file in the folder that the command runs in."""

    model_config = SettingsConfigDict(
        env_prefix="BACKTRACE_", env_file=".env", extra="ignore", frozen=True
    )

    env: Literal["development", "production"] = "development"
    database_url: str = "sqlite:///backtrace.db"
    keys: SecretStr | None = None
    """The key ring, `id:base64,...`, the first being current; needed in production."""
    public_url: str = "http://127.0.0.1:8000"
    """Where patients and professionals reach us; https in production."""
    smtp_url: SecretStr | None = None
    mail_from: str = "BackTrace <no-reply@localhost>"
    clinic_name: str = "BackTrace"
    emergency_number: str = "112"
    doctor_number: str = "1813"
    minimum_odi_answers: int = Field(default=8, ge=1, le=10)
    allow_demonstration_wording: bool = False
    """Ask licensed instruments in our own demonstration wording in production, too."""

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https."""
        return self.public_url.startswith("https://")
