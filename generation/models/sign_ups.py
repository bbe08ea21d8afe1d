"""What a guest has ordered, once the guest has an account."""

from typing import Any

from django.dispatch import receiver

from accounts.models import User
from accounts.signals import guest_became_account
from generation.models.archive import Archive
from generation.models.job import Job


@receiver(guest_became_account)
def let_orders_count_for_account(*, user: User, **_: Any) -> None:
    """Orders that counted for all guests of an address count for the account, and take its turns; so do its zips."""
    for model in (Job, Archive):
        model._default_manager.filter(owner=user, address_key__isnull=False).update(address_key=None)
