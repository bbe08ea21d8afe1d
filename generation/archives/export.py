"""All that is kept of a user, in files. To have more of it exported, write a function and name it in `FILES`."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any
from uuid import UUID

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.utils import timezone

from accounts.models import ApiToken, User
from generation.archives.tracks import Contents, add_track
from generation.models import Archive, Job, Playlist, Rendition, Track, WebhookDelivery, WebhookEndpoint
from generation.models.usage import Usage
from generation.tracks import scores

AT_ONCE = 200
AUDIO, NOTES = "audio/", "midi/"
README = """\
This is what {site} keeps of you, as of {now:%Y-%m-%d %H:%M} UTC.

account.json    your account
jobs.json       what you have ordered, as it was understood, and what came of it
renditions.json the other formats that were made of your tracks; “listen” is the MP3 that players get
playlists.json  your playlists, with the ids of their tracks in order
api-tokens.json your API tokens by name; the tokens themselves are kept nowhere
webhooks.json   where your programs hear of ended jobs; their secrets are not in here
webhook-messages.json what they were sent lately, and what they answered
zips.json       your zips that can still be had, this one among them
usage.json      what you have used, today and in the last days
tracks.json     your tracks with all that is known about them
tracks.csv      the same tracks as a table, with the file of each
tracks-more.json what else is kept of each track: prompt, seed, what was measured
{audio}          your tracks as they were made, as WAV or FLAC
{notes}           the notes of those that have a score, as MIDI files

Times are UTC, lengths are in seconds, sizes in bytes. A track that you share is found at /s/ and its share_key.
What could not be put in is named in tracks.json, with the reason.

Not in here is what opens something (your password, tokens, secrets, where you are logged in), the marks by which
orders that came twice are known for a while, the operator's log of the making of your tracks, and what others have
reported of those you share, for it is theirs.
"""

Item = dict[str, Any]


def account(owner: User) -> Item:
    factors = Authenticator.objects.filter(user=owner).order_by("pk")
    return {
        "id": owner.pk,
        "email": owner.email,
        "email_is_confirmed": EmailAddress.objects.filter(user=owner, verified=True).exists(),
        "is_guest": owner.is_guest,
        "theme": owner.theme,
        "date_joined": owner.date_joined,
        "last_login": owner.last_login,
        "last_used_at": owner.last_used_at if owner.is_guest else None,
        "second_factor": list(factors.values("type", "created_at", "last_used_at")),
    }


def jobs(owner: User) -> Iterator[Item]:
    for job in Job.objects.visible_to(owner).order_by("created_at", "pk").iterator(AT_ONCE):
        yield {
            "id": job.pk,
            "status": job.status,
            "engine": job.engine,
            "input": job.input,
            "readings": job.readings,
            "reasons": job.reasons,
            "notices": job.notices,
            "error_code": job.error_code or None,
            "error_message": job.error_message or None,
            "retry_of": job.retry_of_id,
            "ordered_seconds": job.ordered_seconds,
            "stored_seconds": job.stored_seconds,
            "expected_usd": job.expected_usd,
            "cost_usd": job.cost_usd,
            "created_at": job.created_at,
            "started_at": job.started_at,
            "finished_at": job.finished_at,
            "cancel_requested_at": job.cancel_requested_at,
            "dismissed_at": job.dismissed_at,
        }


def tracks(owner: User) -> Iterator[Item]:
    """Every column of a track but the picture of its wave, and what names a file that can be had only here."""
    hidden = {"peaks", "samples_per_pixel", "deleted_at", "audio", "storage_type", "owner"}
    hidden |= {"purge_after", "purge_woken_at", "purged_at", "rendition_due_at"}
    names = [field.attname for field in Track._meta.concrete_fields if field.name not in hidden]
    yield from Track.objects.visible_to(owner).order_by("created_at", "pk").values(*names).iterator(AT_ONCE)


def renditions(owner: User) -> Iterator[Item]:
    names = ("track_id", "format", "size", "checksum", "created_at")
    mine = Rendition.objects.kept().filter(track__owner=owner).order_by("track_id", "format")
    yield from mine.values(*names).iterator(AT_ONCE)


def playlists(owner: User) -> Iterator[Item]:
    for playlist in Playlist.objects.visible_to(owner).order_by("created_at", "pk"):
        yield {
            "id": playlist.pk,
            "title": playlist.title,
            "created_at": playlist.created_at,
            "changed_at": playlist.changed_at,
            "track_ids": [str(pk) for pk in playlist.tracks.values_list("track_id", flat=True)],
        }


def api_tokens(owner: User) -> Iterator[Item]:
    names = ("name", "prefix", "scopes", "created_at", "expires_at", "last_used_at", "revoked_at")
    yield from ApiToken.objects.get_queryset().filter(user=owner).values(*names)


def webhooks(owner: User) -> Iterator[Item]:
    names = (
        "id",
        "url",
        "description",
        "events",
        "failing_since",
        "disabled_at",
        "disabled_reason",
        "created_at",
    )
    yield from WebhookEndpoint.objects.visible_to(owner).values(*names)


def webhook_messages(owner: User) -> Iterator[Item]:
    mine = WebhookDelivery.objects.filter(endpoint__owner=owner).order_by("created_at", "pk")
    for message in mine.prefetch_related("attempts").iterator(AT_ONCE):
        yield {
            "id": message.pk,
            "webhook_id": message.endpoint_id,
            "type": message.type,
            "body": message.body,
            "status": message.status,
            "created_at": message.created_at,
            "ended_at": message.ended_at,
            "attempts": [
                {
                    name: getattr(attempt, name)
                    for name in ("at", "duration", "status_code", "error", "answer")
                }
                for attempt in message.attempts.all()
            ],
        }


def zips(owner: User) -> Iterator[Item]:
    names = ("id", "kind", "format", "track_ids", "left_out", "state", "error", "size")
    mine = Archive.objects.visible_to(owner).order_by("created_at", "pk")
    yield from mine.values(*names, "created_at", "expires_at")


def usage(owner: User) -> Item:
    used = Usage.of(owner)
    periods = (("today", used.today), ("last_days", used.last_days))
    return {
        **{name: _period(period) for name, period in periods},
        "queued": used.queued,
        "running": used.running,
        "tracks": used.tracks,
        "stored_bytes": used.stored_bytes,
    }


# The files of an export, and what each is made by: a dictionary, or an iterator of them, of which there may be many.
FILES: dict[str, Callable[[User], Item | Iterator[Item]]] = {
    "account.json": account,
    "jobs.json": jobs,
    "tracks-more.json": tracks,
    "renditions.json": renditions,
    "playlists.json": playlists,
    "api-tokens.json": api_tokens,
    "webhooks.json": webhooks,
    "webhook-messages.json": webhook_messages,
    "zips.json": zips,
    "usage.json": usage,
}


def write_everything(
    owner: User, contents: Contents, after: Callable[[int, int], Callable[[int], object]]
) -> None:
    """Write all that is kept of the owner. `after` is given how many tracks of how many are in (`making`)."""
    now, writer = timezone.now(), contents.writer
    readme = README.format(site=settings.SITE_NAME, now=now, audio=AUDIO, notes=NOTES)
    writer.bytes("README.txt", readme.encode(), now)
    for name, content in FILES.items():
        writer.json(name, content(owner), now)
    ids = list(Track.objects.visible_to(owner).order_by("created_at", "pk").values_list("pk", flat=True))
    for number, track_id in enumerate(ids):
        _add(contents, track_id, owner, after(number, len(ids)))


def _add(contents: Contents, track_id: UUID, owner: User, on_chunk: Callable[[int], object]) -> None:
    track = add_track(contents, track_id, owner.pk, on_chunk, AUDIO)
    if track is None:
        return
    try:
        notes = scores.midi_of(track)
    except scores.NoScore:
        return
    contents.writer.bytes(contents.names.name_for(track.title, "mid", NOTES), notes, track.created_at)


def _period(period: Any) -> Item:
    engines = [
        {"engine": used.engine, "jobs": used.jobs, "seconds": used.seconds, "cost_usd": _money(used.cost_usd)}
        for used in period.engines
    ]
    return {"since": period.since, "jobs": period.jobs, "seconds": period.seconds, "engines": engines}


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount)
