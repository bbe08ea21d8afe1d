"""The operator's pages with 1,000,000 jobs, 100,000 tracks and 200,000 users: how long each takes, and what it reads.

`make bench-admin`, or `python -m benchmarks.admin`. PostgreSQL as TEST_DATABASE_URL names it, where a database is made
and dropped. Beside some pages the same by a plain ModelAdmin of Django is measured in turns with them
(`admin_plain`), and in the end 10,000 jobs are canceled at once.
"""

import argparse
import logging
import os
import re
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.measuring import alternating, ratio, verdict
from benchmarks.worker_group import Process, cpu_seconds, postgres_database

if TYPE_CHECKING:
    from django.test import Client

    from accounts.models import User

MOST_MS = 300.0
ROUNDS, PLAIN_ROUNDS = 5, 3
# Of fewer rows a table is read from end to end because that is the quickest.
LARGE = 10_000
JOBS, TRACKS, USERS = "/admin/generation/job/", "/admin/generation/track/", "/admin/accounts/user/"
STATES, FULL = ("queued", "completed", "failed"), "error_code__exact=out_of_memory"
DELIVERIES, TOKENS = "/admin/generation/webhookdelivery/", "/admin/accounts/apitoken/"


@dataclass(frozen=True)
class Page:
    """A page, and the one that a plain ModelAdmin answers instead where that is compared."""

    name: str
    path: str
    plain: str | None = None


@dataclass
class Took:
    """What a page took, round by round, in ms: of the database, of CPU here and of the database's process (if it is on
    this machine), and as a whole."""

    database: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--part", type=int, default=1, help="fill the database with one part in so many")
    parser.add_argument("--without-plain", action="store_true", help="without Django's own way beside it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, postgres_database() as url:
        os.environ |= {"DJANGO_SETTINGS_MODULE": "musicgen.settings", "DATABASE_URL": url, "VAR_DIR": folder}
        os.environ |= {"GENERATION_ENGINE": "composer"}
        import django

        django.setup()
        from django.core.management import call_command

        from benchmarks.admin_rows import fill

        call_command("migrate", verbosity=0, interactive=False)
        call_command("collectstatic", verbosity=0, interactive=False)
        began = time.monotonic()
        operator = fill(options.part)
        print(f"The database is filled ({time.monotonic() - began:.0f} s)")
        measure(operator, part=options.part, with_plain=not options.without_plain)


def measure(operator: "User", *, part: int = 1, with_plain: bool = True) -> None:
    """Print how long each page takes, and how long canceling does."""
    from django.test import Client

    _print_sizes()
    logging.getLogger("musicgen.access").setLevel(logging.WARNING)
    client = Client(SERVER_NAME="localhost")
    client.force_login(operator)
    client.get("/admin/")  # what a process does once
    missed = 0
    print(f"  {'page':42} {'database':>15} {'CPU':>5} {'whole':>15}  rows, pages of 8 kB read")
    for page in _pages(part):
        missed += _report(client, operator, page, with_plain=with_plain)
    missed += _cancel(client)
    print(f"  pages of more than {MOST_MS:g} ms: {missed} {verdict(not missed, '0')}")


def _pages(part: int) -> list[Page]:
    from accounts.models import User
    from benchmarks import admin_rows
    from generation.models import Job, JobEvent, Track, WebhookDelivery, WebhookEndpoint

    guest, account = (
        User.objects.filter(is_guest=kind).order_by("date_joined")[50] for kind in (True, False)
    )
    many = User.objects.get(email="person1@host1.example")
    made, failed = (Job.objects.filter(status=status)[1000 // part] for status in ("completed", "failed"))
    last = Job.objects.filter(status="failed").order_by("created_at")[5]
    waiting = Job.objects.filter(status="queued")[50 // part]
    track = Track.objects.all()[5000 // part]
    call = JobEvent.objects.filter(kind="call").order_by("-id")[5]
    hook, delivery = WebhookEndpoint.objects.all()[5], WebhookDelivery.objects.all()[500 // part]
    rare = admin_rows.RARE
    return [
        Page("index", "/admin/"),
        Page("jobs", JOBS, "job"),
        Page("jobs, last page of the window", f"{JOBS}?p=200" if part == 1 else f"{JOBS}?p=2"),
        Page("jobs, oldest first", f"{JOBS}?o=5"),
        Page("jobs, by cost", f"{JOBS}?o=-8", "job"),
        Page("jobs, today", f"{JOBS}?when=today"),
        Page("jobs, 30 days", f"{JOBS}?when=month"),
        Page("jobs, until a day a year ago", f"{JOBS}?until={last.created_at.date().isoformat()}"),
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
        Page("jobs of a guest", f"{JOBS}?owner={guest.pk}"),
        Page("jobs of the owner of 100,000", f"{JOBS}?owner={many.pk}"),
        Page(
            "failed jobs of the owner of 100,000",
            f"{JOBS}?owner={many.pk}&status__exact=failed&engine=retired",
        ),
        Page("jobs found by id", f"{JOBS}?q={made.pk}", "job"),
        Page("jobs found by 8 digits of an id", f"{JOBS}?q={str(last.pk)[:8]}"),
        Page("jobs found by a track's id", f"{JOBS}?q={track.pk}"),
        Page("jobs found by an owner's id", f"{JOBS}?q={guest.pk}"),
        Page("jobs found by Guest 1a2b3c4d", f"{JOBS}?q=Guest+{str(guest.pk)[:8]}"),
        Page("jobs found by e-mail", f"{JOBS}?q={account.email}", "job"),
        Page("jobs found by the owner of 100,000", f"{JOBS}?q={many.email}"),
        Page("jobs found by an e-mail that is none", f"{JOBS}?q=nobody@nowhere.example"),
        Page("jobs found by a request", f"{JOBS}?q={last.request_id}"),
        Page("jobs found by a remote call", f"{JOBS}?q={call.text}"),
        Page("jobs found by a common word", f"{JOBS}?q=night", "job"),
        Page("jobs found by a rare word", f"{JOBS}?q={rare}", "job"),
        Page("jobs found by a word of none", f"{JOBS}?q=xylophonist"),
        Page("jobs found by three words", f"{JOBS}?q=rainy+night+strings"),
        Page("failed jobs found by a word", f"{JOBS}?q=night&status__exact=failed"),
        Page("a completed job", f"{JOBS}{made.pk}/change/"),
        Page("a failed job", f"{JOBS}{failed.pk}/change/"),
        Page("a queued job", f"{JOBS}{waiting.pk}/change/"),
        Page("tracks", TRACKS, "track"),
        Page("tracks, last page of the window", f"{TRACKS}?p=200" if part == 1 else f"{TRACKS}?p=2"),
        Page("tracks, by length", f"{TRACKS}?o=5"),
        Page("tracks, public", f"{TRACKS}?visibility=public"),
        Page("tracks, shared, of a genre", f"{TRACKS}?visibility=shared&genre=jazz"),
        Page("tracks, deleted (none)", f"{TRACKS}?deleted_at__isempty=0"),
        Page("tracks on another storage (none)", f"{TRACKS}?storage_type=local"),
        Page("tracks of the owner of 10,000", f"{TRACKS}?owner={many.pk}"),
        Page("tracks found by id", f"{TRACKS}?q={track.pk}", "track"),
        Page("tracks found by e-mail", f"{TRACKS}?q={account.email}", "track"),
        Page("tracks found by a common word", f"{TRACKS}?q=night", "track"),
        Page("tracks found by a rare word", f"{TRACKS}?q={rare}", "track"),
        Page("tracks found by a word of none", f"{TRACKS}?q=xylophonist"),
        Page("a track", f"{TRACKS}{track.pk}/change/"),
        Page("users", USERS, "user"),
        Page("users, guests", f"{USERS}?is_guest__exact=1"),
        Page("users, staff", f"{USERS}?is_staff__exact=1", "user"),
        Page("users, by last log-in", f"{USERS}?o=6"),
        Page("users found by e-mail", f"{USERS}?q={account.email}", "user"),
        Page("users found by the beginning of one", f"{USERS}?q=person12"),
        Page("users found by a host", f"{USERS}?q=@host7.example"),
        Page("users found by Guest 1a2b3c4d", f"{USERS}?q=Guest+{str(guest.pk)[:8]}"),
        Page("users found by id", f"{USERS}?q={guest.pk}", "user"),
        Page("users found by nothing there is", f"{USERS}?q=xylophonist"),
        Page("a guest", f"{USERS}{guest.pk}/change/"),
        Page("the owner of 100,000 jobs", f"{USERS}{many.pk}/change/"),
        Page("a user's history", f"{USERS}{many.pk}/history/"),
        Page("e-mail addresses", "/admin/account/emailaddress/"),
        Page("e-mail addresses found", f"/admin/account/emailaddress/?q={account.email}"),
        Page("API tokens", TOKENS),
        Page("API tokens found by e-mail", f"{TOKENS}?q={account.email}"),
        Page("API tokens found by their beginning", f"{TOKENS}?q=mg_abc"),
        Page("webhooks", "/admin/generation/webhookendpoint/"),
        Page("a webhook", f"/admin/generation/webhookendpoint/{hook.pk}/change/"),
        Page("deliveries", DELIVERIES),
        Page("deliveries, failed", f"{DELIVERIES}?status__exact=failed"),
        Page("deliveries found by a webhook", f"{DELIVERIES}?q={hook.pk}"),
        Page("deliveries found by e-mail", f"{DELIVERIES}?q={hook.owner.email}"),
        Page("deliveries of an owner", f"{DELIVERIES}?owner={hook.owner_id}"),
        Page("a delivery", f"{DELIVERIES}{delivery.pk}/change/"),
        Page("zips", "/admin/generation/archive/"),
        Page("reports", "/admin/generation/trackreport/"),
        Page("reports found by a word", "/admin/generation/trackreport/?q=mine"),
        Page("reports of an owner's tracks", f"/admin/generation/trackreport/?owner={many.pk}"),
        Page("workers", "/admin/generation/worker/"),
    ]


def _report(client: "Client", operator: "User", page: Page, *, with_plain: bool) -> int:
    """Measure a page and print its line. 1 where it takes too long."""
    ways: dict[str, Callable[[], Any]] = {"ours": lambda: _get(client, page.path)}
    if page.plain and with_plain:
        ways["plain"] = _plainly(operator, page)
    took = {way: Took() for way in ways}
    statements: list[tuple[str, Any]] = []
    _timed(ways["ours"], statements)  # warms up what it reads
    for way in [*alternating(list(ways), PLAIN_ROUNDS), *["ours"] * (ROUNDS - PLAIN_ROUNDS)]:
        database, cpu, whole = _timed(ways[way], [])
        took[way].database.append(database)
        took[way].cpu.append(cpu)
        took[way].whole.append(whole)
    ours = took["ours"]
    is_met = max(ours.whole) <= MOST_MS
    line = f"  {page.name:42} {_of(ours.database)} {statistics.mean(ours.cpu):5.0f} {_of(ours.whole)}"
    line += f"  {_read(statements)}"
    if "plain" in took:
        times = ratio(ours.whole[:PLAIN_ROUNDS], took["plain"].whole)
        line += f"  plain {statistics.median(took['plain'].whole):,.0f} ms, {times:.0f} times as long"
    print(line + ("" if is_met else f"  [MORE THAN {MOST_MS:g} ms]"), flush=True)
    return not is_met


def _get(client: "Client", path: str) -> None:
    answer = client.get(path)
    if answer.status_code != 200:
        raise SystemExit(f"{path} answered {answer.status_code}.")


def _plainly(operator: "User", page: Page) -> Callable[[], Any]:
    from urllib.parse import parse_qs, urlsplit

    from django.test import RequestFactory

    from benchmarks.admin_plain import plain_admin
    from generation.models import Job, Track

    model_admin = plain_admin({"job": Job, "track": Track}.get(page.plain or "", type(operator)))
    asked = parse_qs(urlsplit(page.path).query)

    def get() -> None:
        request = RequestFactory(SERVER_NAME="localhost").get("/", asked)
        request.user = operator
        answer = model_admin.changelist_view(request)
        if answer.status_code != 200:
            raise SystemExit(f"The plain {page.name} answered {answer.status_code}.")
        answer.render()

    return get


def _timed(act: Callable[[], Any], statements: list[tuple[str, Any]]) -> tuple[float, float, float]:
    """The milliseconds that the database took, of CPU, and the whole. The statements are noted down."""
    from django.db import connection

    spent = 0.0

    def timing(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        nonlocal spent
        began = time.perf_counter()
        answer = execute(sql, params, many, context)
        spent += time.perf_counter() - began
        statements.append((sql, params))
        return answer

    server = _database_process()
    used = time.process_time() + cpu_seconds(server)
    began = time.perf_counter()
    with connection.execute_wrapper(timing):
        act()
    whole = time.perf_counter() - began
    return spent * 1e3, (time.process_time() + cpu_seconds(server) - used) * 1e3, whole * 1e3


def _database_process() -> list[Process]:
    """The process of the server that works for this connection; none where the server is another machine's."""
    from django.db import connection

    connection.ensure_connection()
    pid = connection.connection.info.backend_pid
    name = Path(f"/proc/{pid}/comm")
    return [Process(pid, "postgres")] if name.exists() and name.read_text().strip() == "postgres" else []


def _of(values: Sequence[float]) -> str:
    return f"{statistics.median(values):6.1f} ({max(values):6.1f})"


def _read(statements: Sequence[tuple[str, Any]]) -> str:
    """How many rows and pages the statements read, by EXPLAIN, and which large tables from end to end."""
    from musicgen.admin_lists.window import without_jit

    rows = pages = 0
    scanned: set[str] = set()
    with without_jit("default"):
        for sql, params in statements:
            if not re.match(r"\s*SELECT", sql):
                continue
            plan = _plan_of(sql, params)
            pages += plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
            for node in _nodes(plan):
                if "Relation Name" not in node:
                    continue
                left_out = node.get("Rows Removed by Filter", 0) + node.get(
                    "Rows Removed by Index Recheck", 0
                )
                read = (node["Actual Rows"] + left_out) * node["Actual Loops"]
                rows += read
                if node["Node Type"] == "Seq Scan" and read > LARGE:
                    scanned.add(node["Relation Name"])
    said = f"{rows:9,.0f} {pages:7,}"
    return f"{said}  Seq Scan of {', '.join(sorted(scanned))}" if scanned else said


def _plan_of(sql: str, params: Any) -> Any:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {sql}", params)
        (found,) = cursor.fetchone()
    return found[0]["Plan"]


def _nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)


def _print_sizes() -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, n_live_tup, pg_size_pretty(pg_table_size(relid)), pg_size_pretty(pg_indexes_size(relid)) "
            "FROM pg_stat_user_tables WHERE n_live_tup > 1000 ORDER BY n_live_tup DESC, relname"
        )
        for name, count, table, indexes in cursor.fetchall():
            print(f"  {name:28} {count:9,} rows, {table}, indexes {indexes}")


def _cancel(client: "Client") -> int:
    """Cancel all that are queued, chosen across the pages."""
    from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME

    from generation.models import Job, JobEvent

    queued = Job.objects.queued()
    count, one = queued.count(), queued.values_list("pk", flat=True)[0]
    form = {"action": "cancel", "select_across": "1", ACTION_CHECKBOX_NAME: str(one)}
    statements: list[tuple[str, Any]] = []
    database, _, whole = _timed(lambda: client.post(f"{JOBS}?status__exact=queued", form), statements)
    left = queued.count()
    logged = JobEvent.objects.filter(kind="canceled").count()
    print(
        f"  canceling {count:,} queued jobs at once: {whole / 1e3:.2f} s, of which {database / 1e3:.2f} s in the "
        f"database, {len(statements)} statements; {left} left, {logged:,} lines in the log"
    )
    return int(bool(left))


if __name__ == "__main__":
    main()
