"""The addresses of the pages."""

from django.urls import path

from generation.web.files import local_audio
from generation.web.views import (
    about_site,
    covers,
    create,
    demonstrations,
    downloads,
    jobs,
    library,
    likes,
    mixer,
    tracks,
)

urlpatterns = [
    path("", create.create, name="create"),
    path("form", create.redraw, name="order_form"),
    path("notices", create.notices, name="order_notices"),
    path("demo/<slug:piece>", demonstrations.demo, name="demo"),
    path("demo/<slug:piece>/audio", demonstrations.demo_audio, name="demo_audio"),
    path("library/", library.library, name="library"),
    path("jobs/<uuid:job_id>/", jobs.job, name="job"),
    path("jobs/<uuid:job_id>/card", jobs.card, name="job_card"),
    path("jobs/<uuid:job_id>/cancel", jobs.cancel, name="job_cancel"),
    path("jobs/<uuid:job_id>/retry", jobs.retry, name="job_retry"),
    path("jobs/<uuid:job_id>/dismiss", jobs.dismiss, name="job_dismiss"),
    path("jobs/<uuid:job_id>/restore", jobs.restore, name="job_restore"),
    path("tracks/<uuid:track_id>/", tracks.track, name="track"),
    path("tracks/<uuid:track_id>/title", tracks.title, name="track_title"),
    path("tracks/<uuid:track_id>/rename", tracks.rename, name="track_rename"),
    path("tracks/<uuid:track_id>/delete", tracks.delete, name="track_delete"),
    path("tracks/<uuid:track_id>/like", likes.like, name="track_like"),
    path("tracks/<uuid:track_id>/audio", downloads.track_audio, name="track_audio"),
    path("tracks/<uuid:track_id>/cover.png", covers.track_cover, name="track_cover"),
    path("tracks/<uuid:track_id>/midi", downloads.track_midi, name="track_midi"),
    path("favicon.ico", about_site.favicon, name="favicon"),
    path("site.webmanifest", about_site.webmanifest, name="webmanifest"),
    path("robots.txt", about_site.robots, name="robots"),
    path("tracks/<uuid:track_id>/mixer", mixer.track_mixer, name="track_mixer"),
    path("files/<path:name>", local_audio, name="local_audio"),
]
