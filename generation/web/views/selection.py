"""What is done to several tracks at once, and taken back."""

from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from generation.engines.request import MAX_TAG, MAX_TAGS
from generation.engines.visible import is_visible
from generation.models import Track
from generation.models.track_queries import TrackQuerySet
from generation.models.track_tags import Tagged, add_tag, remove_tag
from generation.web.http import Request, next_page, wants_fragment
from generation.web.undo import Undo, say_with_undo
from musicgen.text_direction import isolated

MOST_SELECTED = 500
CHANGED = "tracks-changed"


class Refused(Exception):
    """Nothing is done; the message says why."""


@require_POST
def change(request: Request) -> HttpResponse:
    """Do what `action` says to those of one's own tracks that `track` names, together or not at all.

    A script gets what was done as messages, and an event upon which lists of tracks are drawn anew.
    """
    act = _ACTIONS.get(request.POST.get("action", ""))
    try:
        if act is None:
            raise Refused("Choose what to do with the tracks.")
        act(request)
    except Refused as refused:
        messages.error(request, str(refused))
    return changed(request, _next(request))


def changed(request: Request, default: str) -> HttpResponse:
    """The answer to a change of several tracks."""
    if not wants_fragment(request):
        return redirect(next_page(request, default))
    response = render(request, "components/messages.html", {"out_of_band": True})
    response["HX-Trigger"] = CHANGED
    return response


def withdraw(request: Request, tracks: TrackQuerySet) -> int:
    """Delete tracks so that their owner can have them back for a while, and say so."""
    now = timezone.now()
    one = tracks.values_list("title", flat=True)[:2]
    titles = list(one)
    count = tracks.withdraw(now)
    if count:
        words = f"“{isolated(titles[0])}” is deleted." if count == 1 else f"{_counted(count)} are deleted."
        say_with_undo(request, words, _undo(request, action="restore", deleted_at=now.isoformat()))
    return count


def _delete(request: Request) -> None:
    if not withdraw(request, _selected(request)):
        raise Refused("These tracks were deleted already.")


def _restore(request: Request) -> None:
    deleted_at = _moment(request.POST.get("deleted_at", ""))
    if deleted_at is None or not request.user.pk:
        raise Refused("Nothing is there to have back.")
    mine = Track.objects.filter(owner_id=request.user.pk, deleted_at=deleted_at)
    if not mine.restore(timezone.now()):
        raise Refused("It is too late to have that back.")


def _tag(request: Request) -> None:
    tag = _given_tag(request)
    tagged = add_tag(_selected(request), tag)
    full = f" {_counted(tagged.full)} had {MAX_TAGS} tags already." if tagged.full else ""
    _say(
        request, tagged, f"Tagged {_counted(len(tagged.changed))} “{isolated(tag)}”.{full}", "untag", tag=tag
    )
    if not tagged.changed:
        messages.info(request, full.strip() or f"Nothing to do: tagged “{isolated(tag)}” before.")


def _untag(request: Request) -> None:
    tag = _given_tag(request)
    untagged = remove_tag(_selected(request), tag)
    _say(request, untagged, f"Took “{isolated(tag)}” off {_counted(len(untagged.changed))}.", "tag", tag=tag)
    if not untagged.changed:
        messages.info(request, f"None of these tracks is tagged “{isolated(tag)}”.")


def _like(request: Request) -> None:
    _mark(request, is_favorite=True, words="among your favorites", back="unlike")


def _unlike(request: Request) -> None:
    _mark(request, is_favorite=False, words="not among your favorites any more", back="like")


def _mark(request: Request, *, is_favorite: bool, words: str, back: str) -> None:
    others = _selected(request).exclude(favorite=is_favorite)
    ids = list(others.values_list("pk", flat=True))
    Track.objects.visible_to(request.user).filter(pk__in=ids).update(favorite=is_favorite)
    verb = "is" if len(ids) == 1 else "are"
    _say(request, Tagged(ids), f"{_counted(len(ids))} {verb} {words}.", back)
    if not ids:
        messages.info(
            request, f"All of these are {words}." if is_favorite else "None of these was a favorite."
        )


def _say(request: Request, done: Tagged, words: str, back: str, **fields: str) -> None:
    """Say what was done beside a way back, unless this was the way back."""
    if done.changed and "undoing" not in request.POST:
        ids = ",".join(map(str, done.changed))
        say_with_undo(request, words, _undo(request, action=back, track=ids, undoing="1", **fields))


def _undo(request: Request, **fields: str) -> Undo:
    """The way back, which without script leads to the same page as what it takes back."""
    return Undo(reverse("library_change"), fields | {"next": _next(request)}, stays=True)


def _next(request: Request) -> str:
    return next_page(request, reverse("library"))


def _selected(request: Request) -> TrackQuerySet:
    """One's own tracks that `track` names, each by a field or with commas between. Raises Refused."""
    written = {part for value in request.POST.getlist("track") for part in value.split(",") if part}
    if len(written) > MOST_SELECTED:
        raise Refused(f"At most {MOST_SELECTED} tracks can be changed at once.")
    ids = [track_id for part in written if (track_id := _uuid(part))]
    if not ids:
        raise Refused("Select at least one track.")
    return Track.objects.visible_to(request.user).filter(pk__in=ids)


def _given_tag(request: Request) -> str:
    tag = clean_tag(request.POST.get("tag", ""))
    if tag is None:
        raise Refused(f"Write a tag of 1 to {MAX_TAG} characters.")
    return tag


def clean_tag(text: str) -> str | None:
    """A tag as it is kept. None: it is none."""
    tag = " ".join(text.replace("\0", "").split()).removeprefix("#")
    return tag if is_visible(tag) and len(tag) <= MAX_TAG else None


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _counted(count: int) -> str:
    return f"{count} track{'' if count == 1 else 's'}"


_ACTIONS: dict[str, Callable[[Request], None]] = {
    "delete": _delete,
    "restore": _restore,
    "tag": _tag,
    "untag": _untag,
    "like": _like,
    "unlike": _unlike,
}
