"""Whether this site can send mail, which decides what may be asked for by it."""

from django.conf import settings


def is_sent() -> bool:
    """Whether mail reaches the one it is for."""
    return bool(settings.EMAIL_URL)


def may_hold_links() -> bool:
    """Whether a link that opens an account may be written to a mail.

    Without `EMAIL_URL` mail is printed, which is good enough where the operator and the reader are one. On a site for
    others the log is read by more people than may open their accounts, so there it is not written at all.
    """
    return is_sent() or not settings.IS_PUBLIC
