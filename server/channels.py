"""The ways on which people are told of escalations, as the settings have them."""

from typing import TYPE_CHECKING

from server.config import Settings

if TYPE_CHECKING:
    from tools.escalation.channel import Channel


def channels(settings: Settings) -> dict[str, "Channel"]:
    """Those that are set up, by name. What they are made of was checked when the settings were read."""
    made: dict[str, Channel] = {}
    if settings.escalation_webhook_url:
        from server.outgoing.webhook import Webhook

        made["webhook"] = Webhook(
            settings.escalation_webhook_url.get_secret_value(),
            settings.escalation_webhook_secret.get_secret_value(),
            settings.escalation_webhook_private,
        )
    if settings.escalation_smtp_url:
        from server.outgoing.mail import Mail

        made["email"] = Mail(
            settings.escalation_smtp_url.get_secret_value(),
            settings.escalation_email_from,
            settings.escalation_email_to,
        )
    return made
