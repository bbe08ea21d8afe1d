"""The settings in force, as a page of the admin for superusers: every variable that the site reads, and no secret."""

import os
import re
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from musicgen import scrubbing

NOTHING = "–"
DATABASE = "DATABASE_URL"
# Everything between these may be the name and password of somebody, and some passwords hold a slash.
_USER = re.compile(r"://.*@", re.DOTALL)
_QUERY = re.compile(r"\?.*", re.DOTALL)
_ADDRESS = re.compile(r"_(?:URL|DSN)$")


@dataclass(frozen=True, slots=True)
class Setting:
    """A variable, its value in this process as it may be shown, and whether the environment has set it."""

    name: str
    value: str
    is_given: bool


@require_safe
def settings_in_force(request: HttpRequest) -> HttpResponse:
    """What this web process goes by. Raises PermissionDenied for all but superusers."""
    if not request.user.is_superuser:
        raise PermissionDenied
    context = {
        **admin.site.each_context(request),
        "title": "Settings in force",
        "settings_in_force": list(in_force()),
        "host": socket.gethostname(),
        "process": os.getpid(),
    }
    return TemplateResponse(request, "admin/settings_in_force.html", context)


def in_force() -> Iterator[Setting]:
    """Every variable that the site reads, in the order of the settings."""
    for name, is_given in settings.VARIABLES_GIVEN.items():
        value = _database() if name == DATABASE else getattr(settings, name)
        yield Setting(name, shown(name, value), is_given)


def shown(name: str, value: Any) -> str:
    """A value without its secrets: all of it where its name says so, of an address who logs in and the query."""
    if value in ("", []):
        return NOTHING
    if scrubbing.is_secret_variable(name):
        return scrubbing.HIDDEN
    text = _written(value)
    if _ADDRESS.search(name) and "@" in text and "://" not in text:
        return scrubbing.HIDDEN  # nobody knows what stands where in it
    return scrubbing.scrubbed(text)


def _written(value: Any) -> str:
    match value:
        case bool():
            return "on" if value else "off"
        case None:
            return "none"
        case Mapping():
            return ", ".join(f"{key}: {_written(each)}" for key, each in value.items())
        case list():
            return ", ".join(map(_written, value))
        case str() if "://" in value:
            return _QUERY.sub(f"?{scrubbing.HIDDEN}", _USER.sub(f"://{scrubbing.HIDDEN}@", value))
    return str(value)


def _database() -> str:
    """The address of the database, made from its parts without the password."""
    database = settings.DATABASES["default"]
    kind = database["ENGINE"].rpartition(".")[2]
    user = f"{database['USER']}@" if database.get("USER") else ""
    port = f":{database['PORT']}" if database.get("PORT") else ""
    return f"{kind}://{user}{database.get('HOST') or ''}{port}/{database['NAME']}"
