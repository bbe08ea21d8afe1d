"""What the form of an order is filled with before anybody types: an earlier order, or what was kept of one."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest

from generation.models import Job, Track
from generation.web.entered import KEPT, values_of
from generation.web.order_form import OrderForm

IN_SESSION = "order"
NOT_SHARED = "The track that you wanted one like is not shared any more."
NO_SUCH_ORDER = "The order that you wanted again is not here any more."


def first_form(request: HttpRequest) -> OrderForm:
    """The form as a page shows it first: filled by its address, by what was kept in the session, or empty.

    `?job=` names an own order that is asked for again, `?like=` the key of a track that somebody shares; what else the
    address has stands above it. `?ignore=` adds words of its prompt that were not meant as what they say.
    """
    given = values_of(request.GET)
    job_id, share_key = given.pop("job", ""), given.pop("like", "")
    given.pop("ignore", None)
    job = _own_job(request, job_id) if job_id else None
    shared = _shared_track(share_key) if share_key and not job_id else None
    if job:
        initial = _values(job) | given
    elif shared:
        initial = _values_like(shared) | given
    else:
        initial = given or _taken_from(request)
    if ignored := [*initial.get("ignored_words", ()), *request.GET.getlist("ignore")]:
        initial["ignored_words"] = list(dict.fromkeys(ignored))
    form = OrderForm(initial=initial)
    form.is_filled = bool(initial)
    if job_id and job is None:
        form.remark = NO_SUCH_ORDER
    elif share_key and shared is None:
        form.remark = NOT_SHARED
    return form


def keep(request: HttpRequest, form: OrderForm) -> None:
    """Keep all that was entered for when this visitor comes back to the form, as after logging in."""
    names = {*form.fields, *(f"{KEPT}{name}" for name in form.fields)}
    entered = values_of(request.POST)
    request.session[IN_SESSION] = {name: value for name, value in entered.items() if name in names and value}


def _values(job: Job) -> dict[str, Any]:
    """What the fields hold that were asked for by a job. An engine that is gone leaves the choice to the site."""
    asked = job.asked
    values = {name: value for name, value in asked.items() if name in OrderForm.base_fields}
    if asked["instrumental"] is not None:
        values["instrumental"] = "yes" if asked["instrumental"] else "no"
    values["duration"] = f"{asked['duration']:g}"
    if asked["bpm"] is not None and float(asked["bpm"]).is_integer():
        values["bpm"] = int(asked["bpm"])  # as it was typed
    if asked["engine"] not in settings.ENGINES:
        del values["engine"]
    return {name: value for name, value in values.items() if value not in (None, "", [])}


def _values_like(track: Track) -> dict[str, Any]:
    """What the fields hold for a piece like one that somebody shares: another piece, under a title of its own."""
    own = {"seed", "title", "variations"}
    return {name: value for name, value in _values(track.job).items() if name not in own}


def _taken_from(request: HttpRequest) -> dict[str, Any]:
    """What `keep` has kept; once, for from then on the page has it."""
    if request.method != "GET" or not request.COOKIES.get(settings.SESSION_COOKIE_NAME):
        return {}
    kept: dict[str, Any] = request.session.pop(IN_SESSION, {})
    return kept


def _shared_track(key: str) -> Track | None:
    return Track.objects.with_link(key).select_related("job").first()


def _own_job(request: HttpRequest, job_id: str) -> Job | None:
    try:
        wanted = UUID(job_id)
    except ValueError:
        return None
    return Job.objects.visible_to(request.user).filter(pk=wanted).first()
