"""What belongs to the account as a whole: all of its data in a zip, and its end."""

from typing import cast

from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from accounts.models import ApiToken, User
from accounts.password_again import PasswordAgainForm
from accounts.theme import COOKIE
from generation import jobs
from generation.archives import ordering
from generation.archives.ordering import ArchiveRefused
from generation.models import Archive, Job, Playlist, WebhookEndpoint
from generation.models.usage import Usage
from generation.web.http import Request
from musicgen.client_address import client_key


@login_required
@require_POST
def export(request: Request) -> HttpResponse:
    """Have all that is kept of the user put into a zip."""
    try:
        made = ordering.order_everything(owner=cast(User, request.user), address_key=client_key(request))
    except ArchiveRefused as refused:
        messages.error(request, str(refused))
        return redirect("account")
    return redirect("archive", made.pk)


@login_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def delete(request: Request) -> HttpResponse:
    """Say what deleting the account deletes; a POST with the password does it, and says so."""
    user = cast(User, request.user)
    form = PasswordAgainForm(user, request.POST if request.method == "POST" else None)
    if not form.is_valid():
        context = {"form": form, "goes": _what_goes(user)}
        return render(request, "account/delete.html", context, status=422 if form.is_bound else 200)
    was_guest = user.is_guest
    jobs.delete_owner(owner=user)
    logout(request)
    response = render(request, "account/deleted.html", {"was_guest": was_guest})
    response.delete_cookie(COOKIE, samesite="Lax")
    return response


def _what_goes(user: User) -> dict[str, int]:
    usage = Usage.of(user)
    return {
        "tracks": usage.tracks,
        "bytes": usage.stored_bytes,
        "jobs": Job.objects.visible_to(user).count(),
        "playlists": Playlist.objects.visible_to(user).count(),
        "tokens": ApiToken.objects.visible_to(user).count(),
        "webhooks": WebhookEndpoint.objects.visible_to(user).count(),
        "archives": Archive.objects.visible_to(user).count(),
    }
