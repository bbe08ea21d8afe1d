"""A library of many tracks, made without making any music. `fill` runs within the site (`manage.py shell`)."""

import json
from datetime import timedelta

from generation.tests.running_site import Site

TITLES = ("Rainy night", "Весёлые дни", "夜のドライブ", "Café noir", "Golden garden")
GENRES = ("lofi", "jazz", "house", "ambient")
PEAKS = bytes((256 - 40 - step % 60) % 256 if step % 2 else 40 + step % 60 for step in range(800))


def sessions_with(site: Site, *counts: int) -> list[str]:
    """Log a user in for each count who has so many tracks, numbered from the newest; the keys of the sessions."""
    made = site.manage(
        "shell", "--no-imports", "-c", f"from generation.tests.library_rows import fill; fill(*{counts})"
    )
    keys: list[str] = json.loads(made)
    return keys


def fill(*counts: int) -> None:
    """Make a user for each count with so many tracks; print a session of each, as JSON."""
    print(json.dumps([_session_with(count) for count in counts]))


def _session_with(count: int) -> str:
    from django.conf import settings
    from django.test import Client
    from django.utils import timezone

    from accounts.models import User
    from generation.models import Job, Track
    from generation.models.job_states import Status
    from generation.tests.api_calls import unsaved_track

    owner = User.objects.create_user(email=f"owner{User.objects.count()}@example.org")
    now = timezone.now()
    order = {"prompt": "rain", "duration": 30.0, "seed": 7, "variations": 1}
    ended = {"engine": "scripted", "input": order, "status": Status.CANCELED, "finished_at": now}
    jobs = Job.objects.bulk_create(Job(owner=owner, **ended) for _ in range(count))
    tracks = []
    for number, job in enumerate(jobs, start=1):
        track = unsaved_track(
            job,
            index=0,
            title=f"{TITLES[number % len(TITLES)]} {number}",
            genre=GENRES[number % len(GENRES)],
            seed=number,
            key="A minor",
            bpm=60.0 + number % 90,
            duration=30.0,
            peaks=PEAKS,
            tags=["calm"] if number % 3 == 0 else [],
            created_at=now - timedelta(minutes=number),
        )
        track.id = Track.id_for(job, 0)
        tracks.append(track)
    Track.objects.bulk_create(tracks)
    client = Client()
    client.force_login(owner)
    return str(client.cookies[settings.SESSION_COOKIE_NAME].value)
