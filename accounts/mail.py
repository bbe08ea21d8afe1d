"""Whether this site can send mail, which decides what may be asked for by it, and mail that no request is behind."""

from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.urls import reverse


def is_sent() -> bool:
    """Whether mail reaches the one it is for."""
    return bool(settings.EMAIL_URL)


def may_hold_links() -> bool:
    """Whether a link that opens an account may be written to a mail.

    Without `EMAIL_URL` mail is printed, which is good enough where the operator and the reader are one. On a site for
    others the log is read by more people than may open their accounts, so there it is not written at all.
    """
    return is_sent() or not settings.IS_PUBLIC


def message(template: str, address: str, context: dict[str, Any]) -> EmailMessage:
    """The mail of a template, by its name without `_subject.txt` and `_message.txt`, which knows `site_name`."""
    known = {"site_name": settings.SITE_NAME, **context}
    subject = " ".join(render_to_string(f"{template}_subject.txt", known).split())
    body = render_to_string(f"{template}_message.txt", known)
    return EmailMessage(f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}", body, to=[address])


def link(route: str, *args: object) -> str:
    """The address of a page under that of the site."""
    return f"{settings.SITE_URL}{reverse(route, args=args)}"
