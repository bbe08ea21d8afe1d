"""The operator's pages that `benchmarks.admin` measures: lists, filters, searches and details, by rows there are."""

from dataclasses import dataclass

from accounts.models import User
from benchmarks.prompt_words import RARE
from generation.models import Job, JobEvent, Track, WebhookDelivery, WebhookEndpoint

JOBS, TRACKS, USERS = "/admin/generation/job/", "/admin/generation/track/", "/admin/accounts/user/"
STATES, FULL = ("queued", "completed", "failed"), "error_code__exact=out_of_memory"
STAFF_LOG = "/admin/admin/logentry/"
DELIVERIES, TOKENS = "/admin/generation/webhookdelivery/", "/admin/accounts/apitoken/"


@dataclass(frozen=True)
class Page:
    """A page, and the one that a plain ModelAdmin answers instead where that is compared."""

    name: str
    path: str
    plain: str | None = None


class Rows:
    """Some rows to look at and for, of a database that is filled with one part in so many."""

    def __init__(self, part: int) -> None:
        self.part = part
        self.guest, self.account = (
            User.objects.filter(is_guest=kind).order_by("date_joined")[50] for kind in (True, False)
        )
        self.many = User.objects.get(email="person1@host1.example")
        self.made, self.failed = (
            Job.objects.filter(status=status)[1000 // part] for status in ("completed", "failed")
        )
        self.last = Job.objects.filter(status="failed").order_by("created_at")[5]
        self.waiting = Job.objects.filter(status="queued")[50 // part]
        self.track = Track.objects.all()[5000 // part]
        self.call = JobEvent.objects.filter(kind="call").order_by("-id")[5]
        self.hook = WebhookEndpoint.objects.all()[5]
        self.delivery = WebhookDelivery.objects.all()[500 // part]


def pages(part: int) -> list[Page]:
    """All pages to measure, of a database that is filled with one part in so many."""
    rows = Rows(part)
    return [
        Page("index, with a month of samples", "/admin/"),
        Page("index, over a month", "/admin/?over=month"),
        *_lists_of_jobs(rows),
        *_jobs_found(rows),
        *_jobs(rows),
        *_tracks(rows),
        *_users(rows),
        *_rest(rows),
    ]


def _lists_of_jobs(rows: Rows) -> list[Page]:
    return [
        Page("jobs", JOBS, "job"),
        Page("jobs, last page of the window", f"{JOBS}?p=200" if rows.part == 1 else f"{JOBS}?p=2"),
        Page("jobs, oldest first", f"{JOBS}?o=5"),
        Page("jobs, by cost", f"{JOBS}?o=-8", "job"),
        Page("jobs, today", f"{JOBS}?when=today"),
        Page("jobs, 30 days", f"{JOBS}?when=month"),
        Page("jobs, until a day a year ago", f"{JOBS}?until={rows.last.created_at.date().isoformat()}"),
        *(Page(f"jobs, {name}", f"{JOBS}?status__exact={name}", "job") for name in STATES),
        Page("jobs, out of memory (one, the oldest)", f"{JOBS}?{FULL}", "job"),
        Page("jobs, an engine of 1 in 1,000", f"{JOBS}?engine=retired"),
        Page("jobs, an engine that made nothing", f"{JOBS}?engine=nowhere"),
        Page("jobs, a genre", f"{JOBS}?genre=jazz"),
        Page(
            "jobs, a genre, failed, by one engine", f"{JOBS}?genre=jazz&status__exact=failed&engine=ace-step"
        ),
        Page("jobs, queued and out of memory (none)", f"{JOBS}?status__exact=queued&{FULL}"),
        Page("jobs, remote call ended (none)", f"{JOBS}?call_state__exact=ended"),
    ]


def _jobs_found(rows: Rows) -> list[Page]:
    return [
        Page("jobs of a guest", f"{JOBS}?owner={rows.guest.pk}"),
        Page("jobs of the owner of 100,000", f"{JOBS}?owner={rows.many.pk}"),
        Page(
            "failed jobs of the owner of 100,000",
            f"{JOBS}?owner={rows.many.pk}&status__exact=failed&engine=retired",
        ),
        Page("jobs found by id", f"{JOBS}?q={rows.made.pk}", "job"),
        Page("jobs found by 8 digits of an id", f"{JOBS}?q={str(rows.last.pk)[:8]}"),
        Page("jobs found by a track's id", f"{JOBS}?q={rows.track.pk}"),
        Page("jobs found by an owner's id", f"{JOBS}?q={rows.guest.pk}"),
        Page("jobs found by Guest 1a2b3c4d", f"{JOBS}?q=Guest+{str(rows.guest.pk)[:8]}"),
        Page("jobs found by e-mail", f"{JOBS}?q={rows.account.email}", "job"),
        Page("jobs found by the owner of 100,000", f"{JOBS}?q={rows.many.email}"),
        Page("jobs found by an e-mail that is none", f"{JOBS}?q=nobody@nowhere.example"),
        Page("jobs found by a request", f"{JOBS}?q={rows.last.request_id}"),
        Page("jobs found by a remote call", f"{JOBS}?q={rows.call.text}"),
        Page("jobs found by a common word", f"{JOBS}?q=night", "job"),
        Page("jobs found by a rare word", f"{JOBS}?q={RARE}", "job"),
        Page("jobs found by a word of none", f"{JOBS}?q=xylophonist"),
        Page("jobs found by three words", f"{JOBS}?q=rainy+night+strings"),
        Page("failed jobs found by a word", f"{JOBS}?q=night&status__exact=failed"),
    ]


def _jobs(rows: Rows) -> list[Page]:
    return [
        Page("a completed job", f"{JOBS}{rows.made.pk}/change/"),
        Page("a failed job", f"{JOBS}{rows.failed.pk}/change/"),
        Page("a queued job", f"{JOBS}{rows.waiting.pk}/change/"),
    ]


def _tracks(rows: Rows) -> list[Page]:
    return [
        Page("tracks", TRACKS, "track"),
        Page("tracks, last page of the window", f"{TRACKS}?p=200" if rows.part == 1 else f"{TRACKS}?p=2"),
        Page("tracks, by length", f"{TRACKS}?o=5"),
        Page("tracks, public", f"{TRACKS}?visibility=public"),
        Page("tracks, shared, of a genre", f"{TRACKS}?visibility=shared&genre=jazz"),
        Page("tracks, deleted (none)", f"{TRACKS}?deleted_at__isempty=0"),
        Page("tracks on another storage (none)", f"{TRACKS}?storage_type=local"),
        Page("tracks of the owner of 10,000", f"{TRACKS}?owner={rows.many.pk}"),
        Page("tracks found by id", f"{TRACKS}?q={rows.track.pk}", "track"),
        Page("tracks found by e-mail", f"{TRACKS}?q={rows.account.email}", "track"),
        Page("tracks found by a common word", f"{TRACKS}?q=night", "track"),
        Page("tracks found by a rare word", f"{TRACKS}?q={RARE}", "track"),
        Page("tracks found by a word of none", f"{TRACKS}?q=xylophonist"),
        Page("a track", f"{TRACKS}{rows.track.pk}/change/"),
    ]


def _users(rows: Rows) -> list[Page]:
    return [
        Page("users", USERS, "user"),
        Page("users, guests", f"{USERS}?is_guest__exact=1"),
        Page("users, staff", f"{USERS}?is_staff__exact=1", "user"),
        Page("users, by last log-in", f"{USERS}?o=6"),
        Page("users found by e-mail", f"{USERS}?q={rows.account.email}", "user"),
        Page("users found by the beginning of one", f"{USERS}?q=person12"),
        Page("users found by a host", f"{USERS}?q=@host7.example"),
        Page("users found by Guest 1a2b3c4d", f"{USERS}?q=Guest+{str(rows.guest.pk)[:8]}"),
        Page("users found by id", f"{USERS}?q={rows.guest.pk}", "user"),
        Page("users found by nothing there is", f"{USERS}?q=xylophonist"),
        Page("a guest", f"{USERS}{rows.guest.pk}/change/"),
        Page("the owner of 100,000 jobs", f"{USERS}{rows.many.pk}/change/"),
        Page("a user's history", f"{USERS}{rows.many.pk}/history/"),
        Page("e-mail addresses", "/admin/account/emailaddress/"),
        Page("e-mail addresses found", f"/admin/account/emailaddress/?q={rows.account.email}"),
    ]


def _rest(rows: Rows) -> list[Page]:
    return [
        Page("API tokens", TOKENS),
        Page("API tokens found by e-mail", f"{TOKENS}?q={rows.account.email}"),
        Page("API tokens found by their beginning", f"{TOKENS}?q=mg_abc"),
        Page("webhooks", "/admin/generation/webhookendpoint/"),
        Page("a webhook", f"/admin/generation/webhookendpoint/{rows.hook.pk}/change/"),
        Page("deliveries", DELIVERIES),
        Page("deliveries, failed", f"{DELIVERIES}?status__exact=failed"),
        Page("deliveries found by a webhook", f"{DELIVERIES}?q={rows.hook.pk}"),
        Page("deliveries found by e-mail", f"{DELIVERIES}?q={rows.hook.owner.email}"),
        Page("deliveries of an owner", f"{DELIVERIES}?owner={rows.hook.owner_id}"),
        Page("a delivery", f"{DELIVERIES}{rows.delivery.pk}/change/"),
        Page("zips", "/admin/generation/archive/"),
        Page("reports", "/admin/generation/trackreport/"),
        Page("reports found by a word", "/admin/generation/trackreport/?q=mine"),
        Page("reports of an owner's tracks", f"/admin/generation/trackreport/?owner={rows.many.pk}"),
        Page("workers", "/admin/generation/worker/"),
        Page("staff log", STAFF_LOG),
        Page("staff log, of one", f"{STAFF_LOG}?staff={User.objects.get(is_superuser=True).pk}"),
        Page("staff log found by a job", f"{STAFF_LOG}?q={rows.made.pk}"),
    ]
