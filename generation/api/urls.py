"""The addresses of the API. No trailing slashes; what is not here is a problem, not a page."""

from django.urls import path, re_path

from generation.api.error_handler import unknown_route
from generation.api.views import (
    archives,
    catalog,
    docs,
    events,
    jobs,
    playlists,
    tokens,
    tracks,
    usage,
    webhooks,
)

app_name = "api"
urlpatterns = [
    path("jobs", jobs.Jobs.as_view(), name="jobs"),
    path("jobs/<uuid:pk>", jobs.JobDetail.as_view(), name="job"),
    path("jobs/<uuid:pk>/cancel", jobs.JobCancel.as_view(), name="job-cancel"),
    path("jobs/<uuid:pk>/retry", jobs.JobRetry.as_view(), name="job-retry"),
    path("jobs/<uuid:pk>/audio", jobs.JobAudio.as_view(), name="job-audio"),
    path("jobs/<uuid:pk>/events", events.JobEvents.as_view(), name="job-events"),
    path("events", events.Events.as_view(), name="events"),
    path("tracks", tracks.Tracks.as_view(), name="tracks"),
    path("tracks/<uuid:pk>", tracks.TrackDetail.as_view(), name="track"),
    path("tracks/<uuid:pk>/audio", tracks.TrackAudio.as_view(), name="track-audio"),
    path("tracks/<uuid:pk>/audio-url", tracks.TrackAudioUrl.as_view(), name="track-audio-url"),
    path("tracks/<uuid:pk>/score", tracks.TrackScore.as_view(), name="track-score"),
    path("tracks/<uuid:pk>/midi", tracks.TrackMidi.as_view(), name="track-midi"),
    path("tracks/<uuid:pk>/peaks", tracks.TrackPeaks.as_view(), name="track-peaks"),
    path("playlists", playlists.Playlists.as_view(), name="playlists"),
    path("playlists/<uuid:pk>", playlists.PlaylistDetail.as_view(), name="playlist"),
    path("playlists/<uuid:pk>/tracks", playlists.PlaylistTracks.as_view(), name="playlist-tracks"),
    path(
        "playlists/<uuid:pk>/tracks/<uuid:track_id>", playlists.PlaylistTrack.as_view(), name="playlist-track"
    ),
    path(
        "playlists/<uuid:pk>/tracks/<uuid:track_id>/move",
        playlists.PlaylistMove.as_view(),
        name="playlist-move",
    ),
    path("archives", archives.Archives.as_view(), name="archives"),
    path("archives/<uuid:pk>", archives.ArchiveDetail.as_view(), name="archive"),
    path("archives/<uuid:pk>/file", archives.ArchiveFile.as_view(), name="archive-file"),
    path("engines", catalog.Engines.as_view(), name="engines"),
    path("genres", catalog.Genres.as_view(), name="genres"),
    path("tokens", tokens.Tokens.as_view(), name="tokens"),
    path("tokens/<uuid:pk>", tokens.TokenDetail.as_view(), name="token"),
    path("webhooks", webhooks.Webhooks.as_view(), name="webhooks"),
    path("webhooks/<uuid:pk>", webhooks.WebhookDetail.as_view(), name="webhook"),
    path(
        "webhooks/<uuid:pk>/rotate-secret", webhooks.WebhookRotation.as_view(), name="webhook-rotate-secret"
    ),
    path("webhooks/<uuid:pk>/test", webhooks.WebhookTest.as_view(), name="webhook-test"),
    path("webhooks/<uuid:pk>/deliveries", webhooks.WebhookDeliveries.as_view(), name="webhook-deliveries"),
    path(
        "webhooks/<uuid:pk>/deliveries/<uuid:delivery_id>/redeliver",
        webhooks.WebhookRedelivery.as_view(),
        name="webhook-redeliver",
    ),
    path("usage", usage.Usage.as_view(), name="usage"),
    path("openapi.json", docs.OpenApi.as_view(), name="openapi"),
    path("docs", docs.Docs.as_view(), name="docs"),
    re_path(r"", unknown_route),
]
