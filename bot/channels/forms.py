"""How each channel renders a message, whether it is on or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bot.channels import console, sms, telegram, web, whatsapp
from bot.messages import Message, Rendered
from templates.catalogue import Catalogue

FORMS: Mapping[str, Callable[[Message, Catalogue], Rendered]] = {
    "console": console.render,
    "sms": sms.render,
    "telegram": telegram.render,
    "whatsapp": whatsapp.render,
    "web": web.render,
}
