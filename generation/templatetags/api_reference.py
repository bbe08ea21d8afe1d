"""What the page of the API needs to draw."""

import re

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from generation.api.reference import PREFIX

register = template.Library()
_CODE = re.compile("`([^`]+)`")


@register.filter
def with_code(text: str) -> SafeString:
    """The text as HTML, in which what stands between backticks is code."""
    return mark_safe(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S308  # escaped before


@register.filter
def below_the_api(path: str) -> str:
    """The path without what all calls have in common."""
    return path.removeprefix(PREFIX)
