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
    from benchmarks.admin_pages import Page

MOST_MS = 300.0
ROUNDS, PLAIN_ROUNDS = 5, 3
# Of fewer rows a table is read from end to end because that is the quickest.
LARGE = 10_000


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

    from benchmarks.admin_pages import pages

    _print_sizes()
    logging.getLogger("musicgen.access").setLevel(logging.WARNING)
    client = Client(SERVER_NAME="localhost")
    client.force_login(operator)
    client.get("/admin/")  # what a process does once
    missed = 0
    print(f"  {'page':42} {'database':>15} {'CPU':>5} {'whole':>15}  rows, pages of 8 kB read")
    for page in pages(part):
        missed += _report(client, operator, page, with_plain=with_plain)
    missed += _cancel(client)
    print(f"  pages of more than {MOST_MS:g} ms: {missed} {verdict(not missed, '0')}")


def _report(client: "Client", operator: "User", page: "Page", *, with_plain: bool) -> int:
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


def _plainly(operator: "User", page: "Page") -> Callable[[], Any]:
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

    from benchmarks.admin_pages import JOBS
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
