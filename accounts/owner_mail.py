"""Mail that tells the owner of an account what was changed about it, so that whoever did not do it hears of it."""

import logging

from accounts import mail
from accounts.models import User

logger = logging.getLogger(__name__)


def tell(user: User, template: str, *, address: str | None = None, **context: object) -> None:
    """Send the mail of this template to the owner, or to the `address` that they had until now.

    Nothing is sent where the site sends no mail, or the account has no address. What was changed stays so where the
    mail cannot be sent, which is logged.
    """
    address = address or user.email
    if not (mail.is_sent() and address):
        return
    known = {"reset": mail.link("account_reset_password"), **context}
    try:
        mail.message(template, address, known).send()
    except OSError as error:  # SMTPException is one
        logger.warning("User %s could not be sent mail about a change (%s): %s", user.pk, template, error)
