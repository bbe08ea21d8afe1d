"""A site with something on every page, and the addresses of all its pages.

`fill` runs within the site (`manage.py shell`); the rest in the test that looks at its pages.
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings

from generation.tests.routes import Route, all_routes
from generation.tests.running_site import Site

FILL = "from generation.tests.every_page import fill; fill()"
PEOPLE = ("owner", "staff", "visitor")
MAKING_SECONDS = 60
LONG_WORD = "la" * 40
ERROR_PAGES = sorted(path.stem for path in (Path(settings.BASE_DIR) / "templates").glob("[0-9]*.html"))
# More of one address: what a question in it shows, and what only somebody else sees there.
MORE = {
    "owner": (
        *("/library/?q=rain", "/library/?q=nothing+like+it", "/playlists/choose?track={track_id}"),
        *(f"/fails/{name}" for name in ERROR_PAGES),
    ),
    "staff": (
        "/admin/generation/job/?status__exact=failed&engine=scripted&q=noise",
        "/admin/generation/track/?genre=lofi",
        "/admin/?over=hour",
        "/admin/generation/track/?deleted_at__isempty=0",
        "/accounts/second-factor/",
    ),
    "visitor": (
        *("/", "/library/", "/demo/night-drive", "/admin/login/", "/fails/404"),
        *("/s/{share_key}", "/s/{share_key}/embed", "/s/{share_key}/report", "/?like={share_key}"),
    ),
}


@dataclass(frozen=True)
class Filled:
    """What `fill` has made: the values of addresses, of each admin page its object, and who is logged in by which key.

    `more` are addresses of things of which there are several, such as a job in every state.
    """

    values: dict[str, str]
    objects: dict[str, str]
    sessions: dict[str, str]
    more: list[str]


def filled(site: Site) -> Filled:
    """Put something on every page of a site that runs."""
    return Filled(**json.loads(site.manage("shell", "--no-imports", "-c", FILL)))


def addresses(made: Filled) -> Iterator[str]:
    """Every route's address for the things that were made. Raises KeyError for a route with an unknown place."""
    for route in all_routes():
        yield route.address(_values(route, made))


def _values(route: Route, made: Filled) -> dict[str, str]:
    parts = route.template.split("/")
    if parts[1] == "admin" and len(parts) > 3:
        pk = made.objects.get(f"{parts[2]}.{parts[3]}", "0")
        return made.values | {"object_id": pk, "id": pk}
    kinds = ("playlist", "track", "webhook", "archive")
    kind = next((kind for kind in kinds if f"/{kind}s" in route.template), "job")
    return made.values | {"pk": made.values[f"{kind}_id"]}


def fill() -> None:
    """Make people, jobs in every state, tracks, tokens, webhooks; print what `Filled` is made of, as JSON.

    The owner has no second factor, staff have one, and the visitor is about to enter its code.
    """
    from allauth.account.forms import default_token_generator
    from allauth.account.utils import user_pk_to_url_str
    from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
    from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
    from django.contrib import admin
    from django.contrib.admin.models import CHANGE, LogEntry
    from django.contrib.auth.models import Group
    from django.test import Client
    from django.urls import reverse
    from django.utils import timezone

    from accounts import sign_up_by_mail
    from accounts.email_change import link_key
    from accounts.models import ApiToken, User
    from generation import jobs
    from generation.archives import ordering
    from generation.engines.request import MusicRequest
    from generation.models import Archive, Job, Playlist, TrackReport, WebhookEndpoint
    from generation.webhooks import outbox

    owner = User.objects.create_user(email="owner.of.much.music@example.org", password="a long enough secret")
    staff = User.objects.create_superuser(email="staff@example.org", password="a long enough secret")
    TOTP.activate(staff, generate_totp_secret())
    RecoveryCodes.activate(staff)
    visitor = Client(SERVER_NAME="localhost")
    visitor.post("/accounts/login/", {"login": staff.email, "password": "a long enough secret"})
    Group.objects.create(name="Listeners")

    def order(prompt: str, engine: str = "scripted", **fields: Any) -> Job:
        return jobs.submit(owner=owner, request=MusicRequest(prompt=prompt, **fields), engine=engine)

    made = order("Rainy night lo-fi with female vocals", "composer", duration=12, seed=7, variations=2)
    order(f"A word that is long: {LONG_WORD}", duration=2)
    order("[reject] noise", duration=2)
    live = order("[hang] forever", duration=30)
    canceled = order("[hang] canceled", duration=30)
    jobs.cancel(job=canceled)
    waiting = order("Waits its turn", duration=30)
    Job.objects.filter(pk=waiting.pk).update(run_after=timezone.now() + timedelta(hours=1))
    token, _ = ApiToken.objects.issue(owner, "radio bot", ["read", "write"])
    webhook, _ = WebhookEndpoint.objects.all().add(
        owner,
        url="https://receiver.example/hook",
        events=["job.failed"],
        jobs_url="https://music.example/jobs",
    )
    delivery = outbox.send_test(webhook)
    assert delivery
    _wait_for(Job, at_work=live.pk)

    track = made.tracks.order_by("index")[0]
    track.edit(visibility="public")
    track.refresh_from_db()
    TrackReport.objects.create(track=track, reason="other", words="It is far too loud.")
    LogEntry.objects.log_actions(staff.pk, [made, track], CHANGE, "Looked at.")
    _sample(timezone.now())
    playlist = Playlist.objects.all().make(owner, "Rainy evenings")
    playlist.add(made.tracks.all())
    archive = ordering.order_tracks(owner=owner, track_ids=[track.pk], format_name="mp3")
    failed = ordering.order_tracks(owner=owner, track_ids=[track.pk], format_name="flac")
    Archive.objects.filter(pk=failed.pk).update(
        state="failed", error="The place where music is kept is full."
    )
    change = reverse("account_email_confirm", args=[link_key(owner, "new@example.org")])
    key = f"{user_pk_to_url_str(owner)}-{default_token_generator.make_token(owner)}"
    newest = {
        model._meta.label_lower: model._default_manager.order_by("pk").first()
        for model in admin.site._registry
    } | {"generation.job": made, "generation.track": track, "accounts.user": owner}
    values = {
        "job_id": made.pk,
        "track_id": track.pk,
        "share_key": track.share_key,
        "playlist_id": playlist.pk,
        "token_id": token.pk,
        "webhook_id": webhook.pk,
        "archive_id": archive.pk,
        "delivery_id": delivery.pk,
        "name": track.storage_key,
        "piece": "rain",
        "uidb36": "1",
        "key": "no-key",
        "app_label": "generation",
        "content_type_id": "1",
        "object_id": made.pk,
        "url": "nothing",
    }
    print(
        json.dumps(
            {
                "values": {name: str(value) for name, value in values.items()},
                "objects": {label: str(each.pk) for label, each in newest.items() if each},
                "sessions": {
                    "owner": _session(Client(), owner),
                    "staff": _session(Client(), staff),
                    "visitor": _key_of(visitor),
                },
                "more": [
                    f"/accounts/password/reset/key/{key}/",
                    change,
                    reverse("account_signup_confirm", args=[sign_up_by_mail.link_key("new@example.org")]),
                    f"/archives/{failed.pk}/",
                    *(f"/jobs/{job.pk}/" for job in Job.objects.exclude(pk=made.pk)),
                ],
            }
        )
    )


def _sample(now: datetime) -> None:
    """An hour of samples, with a gap, for the plots of the dashboard."""
    from generation.models import SiteSample

    minutes = [now.replace(second=0, microsecond=0) - timedelta(minutes=age) for age in range(1, 60)]
    fields = {"workers": 1, "slots": 2, "canceled": 0, "cost_usd": 0, "stored_bytes": 12_345_678_900}
    samples = [
        SiteSample(
            **fields,
            at=at,
            ended_since=at - timedelta(minutes=1),
            stored_at=at,
            queued=age % 7,
            oldest_seconds=age * 2.5,
            running=age % 3,
            completed=age % 4,
            failed=age % 2,
            failures={"out_of_memory": 1} if age % 2 else {},
        )
        for age, at in enumerate(minutes)
        if not 20 < age < 30
    ]
    SiteSample.objects.bulk_create(samples, ignore_conflicts=True)


def _session(client: Any, user: Any) -> str:
    """Log in, and let it be a moment ago that the password was asked for again."""
    from allauth.account.internal.flows.login import record_authentication
    from django.test import RequestFactory

    client.force_login(user)
    request = RequestFactory().get("/")
    request.session = client.session
    record_authentication(request, user, "password", reauthenticated=True)
    request.session.save()
    return _key_of(client)


def _key_of(client: Any) -> str:
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)


def _wait_for(jobs: Any, *, at_work: Any) -> None:
    """Wait until all that can end has ended, and this job is worked on."""
    end = time.monotonic() + MAKING_SECONDS
    while (
        jobs.objects.filter(status__in=("completed", "failed")).count() < 3
        or jobs.objects.get(pk=at_work).status != "processing"
    ):
        assert time.monotonic() < end, list(jobs.objects.values("status", "error_code"))
        time.sleep(0.2)
