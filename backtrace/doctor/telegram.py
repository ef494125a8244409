"""Whether Telegram takes the bot's token, and brings what patients write to us."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from telegram import Bot, User, WebhookInfo
from telegram.error import InvalidToken, TelegramError

from api.telegram import PATH
from backtrace.doctor.finding import Finding, Verdict
from backtrace.settings import Settings
from bot.channels.telegram_http import AiohttpRequest, Timeouts

WHAT = "Telegram"
SECONDS = 10
"""How long Telegram may take over one answer."""


def telegram(settings: Settings) -> Iterator[Finding]:
    """What the Bot API says of the token and of the webhook."""
    if settings.telegram_token is None:
        says = "off: set BACKTRACE_TELEGRAM_TOKEN to what @BotFather gave you"
        yield Finding(WHAT, Verdict.OFF, says)
        return
    token = settings.telegram_token.get_secret_value()
    try:
        bot, webhook = asyncio.run(_asked(token, settings.telegram_api_url))
    except InvalidToken:
        says = "the token was refused: copy it anew from @BotFather into BACKTRACE_TELEGRAM_TOKEN"
        yield Finding(WHAT, Verdict.WRONG, says)
    except (TypeError, KeyError, AttributeError):
        says = f"{settings.telegram_api_url} answers something else than the Bot API"
        yield Finding(WHAT, Verdict.WRONG, says)
    except TelegramError as error:
        says = f"{settings.telegram_api_url} cannot be asked ({type(error).__name__})"
        yield Finding(WHAT, Verdict.WRONG, says)
    else:
        yield _name(settings, bot)
        yield _way_in(settings, webhook)


async def _asked(token: str, api_url: str) -> tuple[User, WebhookInfo]:
    request = AiohttpRequest(api_url, Timeouts(connect=SECONDS, read=SECONDS))
    async with request:
        bot = Bot(token, base_url=f"{api_url}/bot", request=request)
        return await bot.get_me(), await bot.get_webhook_info()


def _name(settings: Settings, bot: User) -> Finding:
    if settings.telegram_bot and settings.telegram_bot != bot.username:
        return _wrong(
            f"the token is that of @{bot.username}, and BACKTRACE_TELEGRAM_BOT names another bot"
        )
    return Finding(WHAT, Verdict.OK, f"the token is that of @{bot.username}")


def _way_in(settings: Settings, webhook: WebhookInfo) -> Finding:
    ours = settings.public_url + PATH
    if settings.telegram_webhook_secret is None:
        if webhook.url:
            return _wrong(
                "a webhook is set, so polling brings nothing: set "
                "BACKTRACE_TELEGRAM_WEBHOOK_SECRET to use it, or start `backtrace serve`, which "
                "takes it away"
            )
        return Finding(WHAT, Verdict.OK, "no webhook: updates are polled for")
    if not settings.secure:
        return _wrong(
            "Telegram posts to https only: BACKTRACE_PUBLIC_URL must begin with https://, or "
            "leave BACKTRACE_TELEGRAM_WEBHOOK_SECRET out to poll"
        )
    if webhook.url != ours:
        stands = "points elsewhere" if webhook.url else "is not set"
        return _wrong(f"the webhook {stands}: start `backtrace serve`, which sets it to {ours}")
    if webhook.last_error_message and webhook.pending_update_count:
        return _wrong(
            f"{webhook.pending_update_count} updates wait; Telegram says: "
            f"{webhook.last_error_message}"
        )
    return Finding(WHAT, Verdict.OK, "the webhook is set to us")


def _wrong(says: str) -> Finding:
    return Finding(WHAT, Verdict.WRONG, says)
