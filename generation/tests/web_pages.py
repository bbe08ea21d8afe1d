"""What the tests of the pages share: reading what a page says."""

import re
from html import unescape
from typing import Any

from django.http import HttpResponse


def text_of(response: HttpResponse) -> str:
    """The words of a page, without its tags."""
    words = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(unescape(words).split())


def error_at(response: Any, field: str) -> str:
    """The message at a field of the page's form, "" without one."""
    return " ".join(response.context["form"].errors.get(field, []))
