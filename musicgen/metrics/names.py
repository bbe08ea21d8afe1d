"""Every metric that processes count themselves. `docs/monitoring.md` explains them; labels have few values each."""

from musicgen.metrics.kinds import Counter, Histogram, ProcessGauge

_REQUEST_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_JOB_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 900.0, 3600.0)
_STORAGE_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)

HTTP_REQUESTS = Counter(
    "musicgen_http_requests_total",
    "Requests answered, by method, name of the route and class of the status.",
    ("method", "route", "status"),
)
HTTP_SECONDS = Histogram(
    "musicgen_http_request_duration_seconds",
    "Seconds from the first byte of a request to the last of its answer, event streams left out.",
    ("method", "route"),
    _REQUEST_SECONDS,
)
JOBS_ENDED = Counter(
    "musicgen_jobs_ended_total",
    "Jobs that have ended, by engine, status and error code (none where it did not fail).",
    ("engine", "status", "code"),
)
JOB_QUEUE_SECONDS = Histogram(
    "musicgen_job_queue_seconds",
    "Seconds from the order to the first start, of jobs that are completed.",
    ("engine",),
    _JOB_SECONDS,
)
JOB_GENERATE_SECONDS = Histogram(
    "musicgen_job_generate_seconds",
    "Seconds that making the music took, of jobs that are completed.",
    ("engine",),
    _JOB_SECONDS,
)
JOB_STORE_SECONDS = Histogram(
    "musicgen_job_store_seconds",
    "Seconds that storing the music took, of jobs that are completed.",
    ("engine",),
    _JOB_SECONDS,
)
COST = Counter("musicgen_cost_usd_total", "US dollars that music has cost, by engine.", ("engine",))
REFUSALS = Counter(
    "musicgen_refusals_total",
    "Requests and orders refused because of a rate, a quota or a bound, by which.",
    ("limit",),
)
STORAGE_CALLS = Counter(
    "musicgen_storage_calls_total",
    "Calls to where audio is kept, by storage, operation and outcome (ok, missing, or the code of the error).",
    ("storage", "operation", "outcome"),
)
STORAGE_SECONDS = Histogram(
    "musicgen_storage_call_duration_seconds",
    "Seconds that a call to where audio is kept took, however it ended.",
    ("storage", "operation"),
    _STORAGE_SECONDS,
)
WEBHOOK_ATTEMPTS = Counter(
    "musicgen_webhook_attempts_total",
    "Requests to receivers of webhooks, by outcome (delivered, refused, unreachable).",
    ("outcome",),
)
WEBHOOK_DELIVERIES = Counter(
    "musicgen_webhook_deliveries_total",
    "Deliveries to webhooks that have ended, by outcome (delivered, failed).",
    ("outcome",),
)
REDIS_OUTAGES = Counter(
    "musicgen_redis_outages_total",
    "How often a process lost Redis and went on with counts of its own.",
)
EVENT_STREAMS = ProcessGauge("musicgen_event_streams_open", "Event streams that are open.")

COUNTERS = (
    *(HTTP_REQUESTS, JOBS_ENDED, COST, REFUSALS, STORAGE_CALLS),
    *(WEBHOOK_ATTEMPTS, WEBHOOK_DELIVERIES, REDIS_OUTAGES),
)
HISTOGRAMS = (HTTP_SECONDS, JOB_QUEUE_SECONDS, JOB_GENERATE_SECONDS, JOB_STORE_SECONDS, STORAGE_SECONDS)
PROCESS_GAUGES = (EVENT_STREAMS,)
