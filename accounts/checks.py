"""What an operator is warned of before a site is opened to others (`manage.py check --deploy`)."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register

_SENDING_NOTHING = ("console", "dummy", "filebased", "locmem")


@register(Tags.security, deploy=True)
def mail_can_be_sent(**kwargs: Any) -> list[CheckMessage]:
    """W001: others can reach the site, and it cannot send them mail."""
    backend = settings.EMAIL_BACKEND.rpartition(".backends.")[2].partition(".")[0]
    if not settings.IS_PUBLIC or (settings.EMAIL_URL and backend not in _SENDING_NOTHING):
        return []
    return [
        Warning(
            "This site cannot send mail: nobody can set a lost password anew, and signing up tells who has an account.",
            hint="Set EMAIL_URL, such as smtp+tls://USER:PASSWORD@HOST:587, and DEFAULT_FROM_EMAIL.",
            id="accounts.W001",
        )
    ]


@register(Tags.security, deploy=True)
def staff_need_a_second_factor(**kwargs: Any) -> list[CheckMessage]:
    """W002: others can reach the admin with a password alone."""
    if not settings.IS_PUBLIC or settings.STAFF_MFA_REQUIRED:
        return []
    return [
        Warning(
            "The admin opens to a password alone.",
            hint="Leave STAFF_MFA_REQUIRED on where others can reach the site.",
            id="accounts.W002",
        )
    ]
