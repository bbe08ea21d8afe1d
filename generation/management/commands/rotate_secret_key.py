"""The last step of giving the site another SECRET_KEY (docs/secrets.md)."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from accounts import key_rotation, second_factor
from generation.models import WebhookEndpoint


class Command(BaseCommand):
    help = (
        "Bring what SECRET_KEY_FALLBACKS has signed under SECRET_KEY, and say what hangs on a fallback still."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.SECRET_KEY_FALLBACKS:
            self.stdout.write("SECRET_KEY_FALLBACKS is empty, so there is nothing to do.")
            return
        self.stdout.write(f"Sessions signed anew: {key_rotation.sign_sessions_anew()}")
        self.stdout.write(f"Secrets of second factors encrypted anew: {second_factor.encrypt_anew()}")
        hanging = [each for each in WebhookEndpoint.objects.order_by("created_at") if each.hangs_on_old_key]
        for endpoint in hanging:
            self.stdout.write(f"Webhook {endpoint.pk} of user {endpoint.owner_id}, to {endpoint.origin}")
        self.stdout.write(
            f"{len(hanging)} webhooks have a secret of an older key. Keep SECRET_KEY_FALLBACKS until their owners have "
            "rotated it."
            if hanging
            else "No webhook hangs on an older key. Links that were sent to people end within seven days."
        )
