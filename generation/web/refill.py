"""What the form of an order is filled with before anybody types: an earlier order, or what was kept of one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from generation.engines.registry import UnknownEngine, get_engine
from generation.models import Job
from generation.web.order_form import KEPT, OrderForm

IN_SESSION = "order"
NO_SUCH_ORDER = "The order that you wanted again is not here any more."
# What an engine reads from the prompt where nothing is asked for.
READ = ("genre", "bpm", "key")


def first_form(request: HttpRequest) -> OrderForm:
    """The form as a page shows it first: filled by its address, by what was kept in the session, or empty.

    `?job=` names an own order that is asked for again; what else the address has stands above it.
    """
    given = request.GET.dict()
    job_id = given.pop("job", "")
    job = _own_job(request, job_id) if job_id else None
    initial = (_values(asked_of(job)) if job else {}) | given or _taken_from(request)
    form = OrderForm(initial=initial)
    form.is_filled = bool(initial)
    form.remark = NO_SUCH_ORDER if job_id and job is None else ""
    return form


def keep(request: HttpRequest, form: OrderForm) -> None:
    """Keep all that was entered for when this visitor comes back to the form, as after logging in."""
    names = {*form.fields, *(f"{KEPT}{name}" for name in form.fields)}
    request.session[IN_SESSION] = {
        name: value for name, value in form.data.items() if name in names and value
    }


def asked_of(job: Job) -> dict[str, Any]:
    """What was asked for by a job, by the names of the form's fields, without what the engine read or drew."""
    request = job.request
    asked = request.as_json() | {"engine": job.engine, "seed": None}
    try:
        resolved = get_engine(job.engine).resolve(replace(request, **dict.fromkeys(READ))).request
    except UnknownEngine:
        return asked
    return asked | {name: None for name in READ if getattr(resolved, name) == getattr(request, name)}


def _values(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the fields hold that were asked for so. An engine that is gone leaves the choice to the site."""
    values = {name: value for name, value in asked.items() if name in OrderForm.base_fields}
    if asked.get("instrumental") is not None:
        values["instrumental"] = "yes" if asked["instrumental"] else "no"
    if asked.get("duration") is not None:
        values["duration"] = f"{asked['duration']:g}"
    if values.get("engine") not in settings.ENGINES:
        values.pop("engine", None)
    return {name: value for name, value in values.items() if value not in (None, "")}


def _taken_from(request: HttpRequest) -> dict[str, Any]:
    """What `keep` has kept; once, for from then on the page has it."""
    if request.method != "GET" or not request.COOKIES.get(settings.SESSION_COOKIE_NAME):
        return {}
    kept: dict[str, Any] = request.session.pop(IN_SESSION, {})
    return kept


def _own_job(request: HttpRequest, job_id: str) -> Job | None:
    try:
        wanted = UUID(job_id)
    except ValueError:
        return None
    return Job.objects.visible_to(request.user).filter(pk=wanted).first()
