"""Every setting of the site, read from the environment, each with a default that works on one machine.

`docs/settings.md` explains the variables; `.env.example` lists them.
"""

import os
from pathlib import Path
from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

from musicgen.database import SQLITE, cache_settings, database_settings
from musicgen.environment import Environment, is_loopback, site_url
from musicgen.logging import (
    LOG_FORMATS,
    capture_warnings,
    hide_secrets,
    log_configuration,
)
from musicgen.openapi import document_settings
from musicgen.own_files import kept_secret_key, make_folder
from musicgen.sentry import report_errors_to_sentry

BASE_DIR = Path(__file__).resolve().parent.parent
environ.Env.read_env(BASE_DIR / ".env")
env = Environment(os.environ)
VAR_DIR = Path(env.text("VAR_DIR", default=str(BASE_DIR / "var"))).absolute()

# --- the site -------------------------------------------------------------------------------------------

SITE_NAME = env.text("SITE_NAME", default="AI Music Generator")
DEBUG = env.switch("DEBUG", default=False)
PORT = env.number("PORT", default=8000, least=1, most=65_535)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", default=("127.0.0.1", "localhost", "[::1]"))
CSRF_TRUSTED_ORIGINS = env.names("CSRF_TRUSTED_ORIGINS", default=())
CSRF_FAILURE_VIEW = "musicgen.errors.csrf_failure"
DEFAULT_EXCEPTION_REPORTER = "musicgen.debug_page.ScrubbedReporter"
IS_PUBLIC = not all(is_loopback(host) for host in ALLOWED_HOSTS)

SECRET_KEY = env.text("SECRET_KEY", default="")
if not SECRET_KEY:
    if IS_PUBLIC:
        raise ImproperlyConfigured(
            "ALLOWED_HOSTS names a host that others can reach, so SECRET_KEY must be set: every web and worker "
            "process needs the same one. Make one with: "
            "python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    SECRET_KEY = kept_secret_key(VAR_DIR / "secret_key")
# Keys that this site had before: what they have signed is still good (docs/secrets.md).
SECRET_KEY_FALLBACKS = env.names("SECRET_KEY_FALLBACKS", default=())

ROOT_URLCONF = "musicgen.urls"
WSGI_APPLICATION = "musicgen.wsgi.application"
INSTALLED_APPS = [
    "accounts",
    "generation",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "django_filters",
    "django_htmx",
    "django_q",
    "drf_spectacular",
    "rest_framework",
]
MIDDLEWARE = [
    "musicgen.requests.RequestMiddleware",
    "musicgen.compression.PageGZipMiddleware",
    "musicgen.caching.PrivateByDefaultMiddleware",
    "generation.api.rate_headers.RateHeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "generation.web.content_security.ContentSecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "accounts.session_age.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.last_use.LastUseMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["generation.templatetags.text_direction"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "generation.web.context.site",
            ],
        },
    },
]
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1 << 20

# --- transport security: on as soon as the site is for others -------------------------------------------

if IS_PUBLIC and not DEBUG:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = True
    SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
    SECURE_HSTS_SECONDS = 30 * 24 * 3600
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
# Subdomains and the browsers' preload list belong to the owner of the domain, not to one site on it.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if not IS_PUBLIC:
    # On loopback there is no TLS to redirect to.
    SILENCED_SYSTEM_CHECKS += ["security.W004", "security.W008", "security.W012", "security.W016"]
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Everything that a page runs or is drawn with is a file of this site; generation.web.content_security adds the buckets.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "media-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    name: []
    for name in (
        *("accelerometer", "camera", "display-capture", "geolocation", "gyroscope"),
        *("magnetometer", "microphone", "midi", "payment", "usb"),
    )
}

# --- database -------------------------------------------------------------------------------------------

DATABASES: dict[str, dict[str, Any]] = {
    "default": database_settings(
        env.database("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'db.sqlite3'}"), VAR_DIR
    )
}
if DATABASES["default"]["ENGINE"] == SQLITE:
    make_folder(VAR_DIR)

# --- cache: what all processes know together, in Redis or in a table of the database --------------------

REDIS_URL = env.redis("REDIS_URL", default="")
CACHES: dict[str, dict[str, Any]] = cache_settings(REDIS_URL)

# --- static files and audio -----------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = Path(env.text("STATIC_ROOT", default=str(VAR_DIR / "static"))).absolute()
STATICFILES_DIRS = [BASE_DIR / "static"]

STORAGE_ENDPOINT_URL = env.text("STORAGE_ENDPOINT_URL", default="")
STORAGE_ACCESS_KEY_ID = env.text("STORAGE_ACCESS_KEY_ID", default="")
STORAGE_SECRET_ACCESS_KEY = env.text("STORAGE_SECRET_ACCESS_KEY", default="")
STORAGE_BUCKET_NAME = env.text("STORAGE_BUCKET_NAME", default="")
STORAGE_REGION = env.text("STORAGE_REGION", default="")
# S3 signs for a week at most.
STORAGE_URL_EXPIRE_SECONDS = env.number("STORAGE_URL_EXPIRE_SECONDS", default=3600, least=1, most=604_800)
# Of the audio of a shared track: so long it can still be heard after its sharing has ended.
SHARED_URL_EXPIRE_SECONDS = env.number("SHARED_URL_EXPIRE_SECONDS", default=300, least=1, most=604_800)
# What a track is stored in first; `generation.audio.formats` has the same two.
MASTER_FORMAT = env.choice("MASTER_FORMAT", default="wav", among=("wav", "flac"))
AUDIO_ROOT = VAR_DIR / "audio"

STORAGES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": VAR_DIR / "files"},
    },
    "staticfiles": {"BACKEND": "musicgen.static_storage.SiteStaticFilesStorage"},
    "local": {
        "BACKEND": "generation.storage.LocalAudioStorage",
        "OPTIONS": {"location": AUDIO_ROOT, "expire": STORAGE_URL_EXPIRE_SECONDS},
    },
}
if STORAGE_BUCKET_NAME:
    STORAGES["s3"] = {
        "BACKEND": "generation.storage.S3AudioStorage",
        "OPTIONS": {
            "bucket_name": STORAGE_BUCKET_NAME,
            "endpoint_url": STORAGE_ENDPOINT_URL or None,
            "access_key": STORAGE_ACCESS_KEY_ID or None,
            "secret_key": STORAGE_SECRET_ACCESS_KEY or None,
            "region_name": STORAGE_REGION or None,
            "querystring_expire": STORAGE_URL_EXPIRE_SECONDS,
        },
    }
# What new audio is saved to. Tracks remember which of the two they lie on (`Track.storage_type`).
STORAGES["audio"] = STORAGES["s3" if STORAGE_BUCKET_NAME else "local"]

# --- accounts -------------------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
SIGNUP_OPEN = env.switch("SIGNUP_OPEN", default=True)
GUESTS_ALLOWED = env.switch("GUESTS_ALLOWED", default=True)
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "account_login"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_AUTHENTICATED_LOGIN_REDIRECTS = False  # a guest is logged in too, and may sign up
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = f"[{SITE_NAME}] "
ACCOUNT_RATE_LIMITS = {
    # Accounts of one address take turns apart, so that there must not be many of them. Where no mail is sent, this is
    # also how often an address may ask whether there is an account.
    "signup": "20/h/ip",
    # Nobody's mailbox is to be filled from here.
    "reset_password": "20/h/ip,5/h/key",
    # Wrong codes of a second factor. Wrong passwords are counted by accounts.login_limits.
    "login_failed": "5/5m/key,50/d/key",
}
MFA_ADAPTER = "accounts.second_factor.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = SITE_NAME
MFA_TOTP_TOLERANCE = 1  # a clock may be half a minute wrong, and so may whoever types
# Where no mail is sent no address can be verified, and an operator's account has none that was.
MFA_ALLOW_UNVERIFIED_EMAIL = True
STAFF_MFA_REQUIRED = env.switch("STAFF_MFA_REQUIRED", default=IS_PUBLIC)
# A public site stands behind its platform's proxy: limits go by the address which that one saw.
TRUSTED_PROXIES = env.number("TRUSTED_PROXIES", default=1 if IS_PUBLIC else 0, least=0, most=10)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES
# By address: orders by the pages and by guests, new guests, reports about shared tracks, and requests with an API token
# that opens nothing.
ORDER_RATE = env.rates("ORDER_RATE", default="60/min,600/hour")
GUEST_RATE = env.rates("GUEST_RATE", default="30/hour")
REPORT_RATE = env.rates("REPORT_RATE", default="10/hour")
BAD_TOKEN_RATE = "60/min"  # noqa: S105 - it is no token
# How much may be ordered in a day (UTC), wait and be made at once; guests of one address count together.
QUOTA_JOBS_PER_DAY = env.quota("QUOTA_JOBS_PER_DAY", default="guest:100,user:none,staff:none")
QUOTA_SECONDS_PER_DAY = env.quota("QUOTA_SECONDS_PER_DAY", default="guest:10800,user:none,staff:none")
QUOTA_QUEUED = env.quota("QUOTA_QUEUED", default="guest:20,user:500,staff:2000", least=1)
QUOTA_RUNNING = env.quota("QUOTA_RUNNING", default="guest:4,user:none,staff:none", least=1)
# Minutes of music stored, those that wait to be made too: of each owner, and of all together.
QUOTA_STORED_MINUTES = env.quota("QUOTA_STORED_MINUTES", default="guest:600,user:none,staff:none")
SITE_STORED_MINUTES = env.number_or_none("SITE_STORED_MINUTES", default=None)
# US dollars a day (UTC) for engines that cost money: of each, and of all together at Modal.
QUOTA_USD_PER_DAY = env.dollar_quota("QUOTA_USD_PER_DAY", default="guest:none,user:none,staff:none")
MODAL_DAILY_BUDGET_USD = env.dollars("MODAL_DAILY_BUDGET_USD")
QUOTA_ARCHIVES_PER_DAY = env.quota("QUOTA_ARCHIVES_PER_DAY", default="guest:5,user:10,staff:none")
QUOTA_ARCHIVES_AT_ONCE = env.quota("QUOTA_ARCHIVES_AT_ONCE", default="guest:1,user:3,staff:none", least=1)
SESSION_ENGINE = "accounts.sessions"
SESSION_DAYS = env.number("SESSION_DAYS", default=365, least=1, most=400)
SESSION_COOKIE_AGE = SESSION_DAYS * 24 * 3600  # a guest's tracks can be reached as long as this cookie lives
STAFF_SESSION_HOURS = env.number("STAFF_SESSION_HOURS", default=24, least=1, most=8760)
EMAIL_URL = env.text("EMAIL_URL", default="")
# Where the site is found, for links in mail that no request is behind.
SITE_URL = env.text("SITE_URL", default=site_url(ALLOWED_HOSTS, PORT)).rstrip("/")
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", default="webmaster@localhost")
# Mail holds links that open an account. Without a way to send it, it is printed where the reader is at this machine,
# and nowhere else (accounts.mail).
vars().update(env.mail("EMAIL_URL", default="dummymail://" if IS_PUBLIC else "consolemail://"))

# --- generation -----------------------------------------------------------------------------------------

ENGINES: dict[str, dict[str, Any]] = {
    "composer": {"BACKEND": "generation.engines.composer.ComposerEngine"},
}
# Modal, which runs open models on GPUs. The names are its own: its command line reads the same.
MODAL_TOKEN_ID = env.text("MODAL_TOKEN_ID", default="")
MODAL_TOKEN_SECRET = env.text("MODAL_TOKEN_SECRET", default="")
MODAL_ENVIRONMENT = env.text("MODAL_ENVIRONMENT", default="")
MODAL_APP_NAME = env.text("MODAL_APP_NAME", default="musicgen")
MODAL_MODEL = env.text("MODAL_MODEL", default="ace-step-1.5-xl-turbo")
# US dollars per second, of every GPU that Modal names, as it asked in 2026. Plain A100 is the one of 40 GB.
MODAL_GPU_PRICES = env.prices(
    "MODAL_GPU_PRICES",
    default={
        "T4": "0.000164",
        "L4": "0.000222",
        "A10": "0.000306",
        "L40S": "0.000542",
        "A100": "0.000583",
        "A100-80": "0.000694",
        "RTX-PRO-6000": "0.000842",
        "H100": "0.001097",
        "H200": "0.001261",
        "B200": "0.001736",
    },
)
if MODAL_TOKEN_ID and MODAL_TOKEN_SECRET:
    ENGINES["modal"] = {
        "BACKEND": "generation.engines.modal.ModalEngine",
        "OPTIONS": {
            "app_name": MODAL_APP_NAME,
            "environment": MODAL_ENVIRONMENT or None,
            "model": MODAL_MODEL,
            "gpu_prices": MODAL_GPU_PRICES,
            "token_id": MODAL_TOKEN_ID,
            "token_secret": MODAL_TOKEN_SECRET,
        },
    }
# The same models on this machine's own GPU.
DIFFUSION_MODEL = env.text("DIFFUSION_MODEL", default="")
DIFFUSION_CACHE_DIR = Path(env.text("DIFFUSION_CACHE_DIR", default=str(VAR_DIR / "models"))).absolute()
DIFFUSION_DEVICE = env.text("DIFFUSION_DEVICE", default="")
DIFFUSION_PLANNER = env.switch("DIFFUSION_PLANNER", default=True)
if DIFFUSION_MODEL:
    ENGINES["diffusion"] = {
        "BACKEND": "generation.engines.diffusion.DiffusionEngine",
        "OPTIONS": {
            "model": DIFFUSION_MODEL,
            "cache_dir": DIFFUSION_CACHE_DIR,
            "device": DIFFUSION_DEVICE or None,
            "planner": DIFFUSION_PLANNER,
        },
    }
GENERATION_ENGINE = env.text("GENERATION_ENGINE", default="modal" if "modal" in ENGINES else "composer")
# Words and phrases that nobody may order with, one a line.
PROMPT_BLOCKLIST = Path(path).absolute() if (path := env.text("PROMPT_BLOCKLIST", default="")) else None
GENERATION_WORKERS = env.number("GENERATION_WORKERS", default=2)
JOB_MAX_ATTEMPTS = 3
JOB_MAX_LOST_WORKERS = 10
JOB_DEADLINE_SECONDS = 24 * 3600
JOB_LEASE_SECONDS = 10.0
JOB_HEARTBEAT_SECONDS = 0.4
JOB_TIMEOUT_SECONDS = 900
# How long an attempt waits for a storage that is away, before the music it has made is given up.
JOB_STORE_PATIENCE_SECONDS = 60.0
# The same for a remote engine that cannot be reached, and for the database when something must be written.
JOB_ENGINE_PATIENCE_SECONDS = 60.0
JOB_DATABASE_PATIENCE_SECONDS = 60.0
# A message about a rendition that has come to nothing for so long was lost with its worker.
RENDITION_GRACE_SECONDS = 60.0

# How long things are kept; the reaper deletes what is older, and `manage.py prune`. None: for good.
GUEST_EMPTY_HOURS = env.number_or_none("GUEST_EMPTY_HOURS", default=24, least=1)
# By default longer than any cookie: then nobody can reach the music any more.
GUEST_DAYS = env.number_or_none("GUEST_DAYS", default=SESSION_DAYS + 35, least=1)
TRACK_DAYS = env.number_or_none("TRACK_DAYS", default=None, least=1)
TRACK_WARNING_DAYS = env.number("TRACK_WARNING_DAYS", default=14, least=1, most=365)
JOB_EVENT_DAYS = env.number_or_none("JOB_EVENT_DAYS", default=30, least=1)
WEBHOOK_DELIVERY_DAYS = env.number_or_none("WEBHOOK_DELIVERY_DAYS", default=30, least=1)
# Clients count on a day.
IDEMPOTENCY_HOURS = env.number("IDEMPOTENCY_HOURS", default=24, least=24)

# How long the zip of many tracks, or of all that is kept of somebody, can be downloaded.
ARCHIVE_HOURS = env.number("ARCHIVE_HOURS", default=24, least=1, most=168)

# How long a web process keeps what it saw of the queue. 0: every request looks.
QUEUE_LOOK_SECONDS = 1.0

# How long jobs in hand may go on when the worker is asked to end; then they are handed back. Hosts kill after 30 s.
WORKER_GRACE_SECONDS = env.number("WORKER_GRACE_SECONDS", default=25, least=0)

# django-q2: its workers and monitor, with a broker and a sentinel of our own.
Q_CLUSTER = {
    "name": "music",
    "orm": "default",
    "broker_class": "generation.queue.broker.MessageBroker",
    "workers": GENERATION_WORKERS,
    "timeout": JOB_TIMEOUT_SECONDS,
    "retry": 3 * JOB_TIMEOUT_SECONDS,
    "save_limit": -1,
    "recycle": 200,
    "cache": "process",
    "log_level": "WARNING",
}

# --- API ------------------------------------------------------------------------------------------------

API_RATE = env.rate("API_RATE", default="1200/min")
# Seconds. Proxies cut requests that take long: Heroku's at 30 s, nginx at 60.
LONGEST_WAIT = env.number("LONGEST_WAIT", default=25, least=0, most=600)
EVENT_STREAMS = env.number("EVENT_STREAMS", default=500, least=0)
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.authentication.HasScope",
    ],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "generation.api.negotiation.OneForm",
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["generation.api.parsers.JsonObjectParser"],
    "DEFAULT_THROTTLE_CLASSES": ["generation.api.throttling.CallerThrottle"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "generation.api.error_handler.problem_handler",
    "URL_FORMAT_OVERRIDE": None,
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}
SPECTACULAR_SETTINGS = document_settings(SITE_NAME)

# --- webhooks -------------------------------------------------------------------------------------------

# Networks to which deliveries may go though they are not of the public internet.
WEBHOOK_ALLOWED_NETWORKS = env.networks("WEBHOOK_ALLOWED_NETWORKS")

# --- metrics, logging and errors ------------------------------------------------------------------------

# What Prometheus sends to read /metrics, beside which staff may.
METRICS_TOKEN = env.secret("METRICS_TOKEN", least=16)
LOG_FORMAT = env.choice("LOG_FORMAT", default="text", among=LOG_FORMATS)
LOGGING = log_configuration(as_json=LOG_FORMAT == "json")
if LOG_FORMAT == "json":
    capture_warnings()
    if not EMAIL_URL:
        EMAIL_BACKEND = "musicgen.printed_mail.JsonLines"
SENTRY_DSN = env.text("SENTRY_DSN", default="")
# Every variable above by its name, and whether it was set: for the page of the settings in force.
VARIABLES_GIVEN = env.given
hide_secrets(vars())
if SENTRY_DSN:
    report_errors_to_sentry(SENTRY_DSN)
