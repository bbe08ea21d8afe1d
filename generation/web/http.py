"""What the views share about requests and answers."""

from uuid import UUID

from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.utils.http import url_has_allowed_host_and_scheme
from django_htmx.middleware import HtmxDetails

from generation.models import Job, Track
from generation.models.quota_limits import GUEST, Holder
from musicgen.client_address import client_key


class Request(HttpRequest):
    """A request that went through HtmxMiddleware."""

    htmx: HtmxDetails


def holder_of(request: HttpRequest) -> Holder:
    """Whom an order of this visitor would count for, also of one who is nobody yet."""
    user, address = request.user, client_key(request)
    return Holder.of(user, address) if user.is_authenticated else Holder(address, GUEST)


def wants_fragment(request: Request) -> bool:
    """Whether the page asks for a part of itself, rather than the browser for a page."""
    return bool(request.htmx) and not request.htmx.boosted


def wants_json(request: HttpRequest) -> bool:
    """Whether a script asks for data, rather than a browser for a page, or a player for sound."""
    return request.get_preferred_type(["text/html", "audio/*", "application/json"]) == "application/json"


def own_job(request: Request, job_id: UUID) -> Job:
    """The job of that id with its tracks. Raises Http404 for another owner's, as for one that is not there."""
    jobs = Job.objects.visible_to(request.user).prefetch_related("tracks")
    return get_object_or_404(jobs, pk=job_id)


def own_track(request: Request, track_id: UUID) -> Track:
    """The track of that id with job and renditions. Raises Http404 for another owner's or a deleted one."""
    tracks = Track.objects.visible_to(request.user).select_related("job").prefetch_related("renditions")
    return get_object_or_404(tracks, pk=track_id)


def next_page(request: HttpRequest, default: str) -> str:
    """The page to go on to: what the request names as `next` if that is on this site, else `default`."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    if url_has_allowed_host_and_scheme(wanted, allowed_hosts=None) and wanted.startswith("/"):
        return wanted
    return default
