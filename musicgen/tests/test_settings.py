"""The settings as processes get them from their environment, and where they are documented."""

import ast
import json
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from musicgen.tests.commands import environment, manage, python
from musicgen.tests.every_setting import CHANGES, Change

BASE_DIR = Path(django_settings.BASE_DIR)
PRODUCTION = {
    "ALLOWED_HOSTS": "music.example.org",
    "CSRF_TRUSTED_ORIGINS": "https://music.example.org",
    "SECRET_KEY": "correct-horse-battery-staple-0123456789-abcdefghijklmnop",
    "DATABASE_URL": "postgresql://music:secret@db.example.org:5432/music",
    "STORAGE_BUCKET_NAME": "music",
    "STORAGE_ENDPOINT_URL": "https://account.r2.cloudflarestorage.com",
    "STORAGE_ACCESS_KEY_ID": "id",
    "STORAGE_SECRET_ACCESS_KEY": "secret",
    "EMAIL_URL": "smtp+tls://music:secret@mail.example.org:587",
}
SECRET = {"SECRET_KEY": PRODUCTION["SECRET_KEY"]}
PRINTING = """
import json
from django.conf import settings
print(json.dumps([getattr(settings, name) for name in {}], default=str))
"""
CHANGING = """
import json, sys
from musicgen.tests.every_setting import changed_settings
print(json.dumps(changed_settings(sys.argv[1])))
"""


def settings_of(folder: Path, *names: str, **variables: str) -> list[Any]:
    """What these settings are in a process with these variables and no others."""
    ended = python(
        folder, "-c", PRINTING.format(names), DJANGO_SETTINGS_MODULE="musicgen.settings", **variables
    )
    assert ended.returncode == 0, ended.stderr
    values: list[Any] = json.loads(ended.stdout)
    return values


def test_without_any_variable_it_works_on_this_machine(tmp_path):
    names = ("DEBUG", "ALLOWED_HOSTS", "PORT", "GENERATION_ENGINE", "DATABASES", "IS_PUBLIC")
    debug, hosts, port, engine, databases, public = settings_of(tmp_path, *names)
    assert (debug, port, engine, public) == (False, 8000, "composer", False)
    assert hosts == ["127.0.0.1", "localhost", "[::1]"]
    assert databases["default"]["NAME"] == str(tmp_path / "db.sqlite3")
    assert manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING").returncode == 0


@pytest.mark.parametrize("numbers", [["1", "1", "0"], ["65535", "604800", "1"]])
def test_numbers_may_be_as_small_and_as_large_as_the_sentences_say(tmp_path, numbers):
    names = ("PORT", "STORAGE_URL_EXPIRE_SECONDS", "WORKER_GRACE_SECONDS")
    given = dict(zip(names, numbers, strict=True))
    assert settings_of(tmp_path, *names, **given) == [int(number) for number in numbers]


def test_a_public_host_without_a_secret_key_refuses(tmp_path):
    ended = manage(tmp_path, "check", ALLOWED_HOSTS="localhost,music.example.org")
    assert ended.returncode == 1
    assert "ALLOWED_HOSTS names a host that others can reach, so SECRET_KEY must be set" in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize("hosts", ["localhost", "127.0.0.1,[::1]", "music.localhost", "127.1.2.3"])
def test_loopback_hosts_need_none(tmp_path, hosts):
    assert settings_of(tmp_path, "IS_PUBLIC", ALLOWED_HOSTS=hosts) == [False]


def test_the_made_key_is_kept_and_private(tmp_path):
    folder = tmp_path / "var"
    first, second = (settings_of(folder, "SECRET_KEY")[0] for _ in range(2))
    assert first == second
    assert len(first) > 50
    assert stat.S_IMODE((folder / "secret_key").stat().st_mode) == 0o600


def test_processes_that_start_together_make_one_key(tmp_path):
    code = PRINTING.format(("SECRET_KEY",))
    variables = environment(tmp_path, DJANGO_SETTINGS_MODULE="musicgen.settings")
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code], cwd=BASE_DIR, env=dict(variables), stdout=subprocess.PIPE
        )
        for _ in range(4)
    ]
    assert len({process.communicate(timeout=60)[0] for process in started}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


def test_the_folder_of_the_database_is_made(tmp_path):
    settings_of(tmp_path / "var", "DATABASES", **SECRET)
    assert (tmp_path / "var").is_dir()


def test_a_folder_that_cannot_be_made_is_reported(tmp_path):
    (tmp_path / "file").touch()
    ended = manage(tmp_path / "file" / "var", "check")
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)
    assert f"Cannot make the folder {tmp_path / 'file' / 'var'} (Not a directory)." in ended.stderr


def test_production_variables_pass_the_deploy_check(tmp_path):
    ended = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PRODUCTION)
    assert ended.returncode == 0, ended.stderr
    assert "no issues" in ended.stdout


def test_production_is_https_only_and_uses_the_bucket(tmp_path):
    names = ("SECURE_SSL_REDIRECT", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "STORAGES", "DATABASES")
    redirect, session, csrf, storages, databases = settings_of(tmp_path, *names, **PRODUCTION)
    assert (redirect, session, csrf) == (True, True, True)
    assert storages["audio"] == storages["s3"]
    assert storages["audio"]["OPTIONS"]["bucket_name"] == "music"
    database = databases["default"]
    assert database["ENGINE"] == "django.db.backends.postgresql"
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example.org", 5432, "music")


def test_who_watches_from_within_is_not_sent_to_https(tmp_path):
    [exempt] = settings_of(tmp_path, "SECURE_REDIRECT_EXEMPT", **PRODUCTION)
    assert all(any(re.search(each, path) for each in exempt) for path in ("healthz", "readyz", "metrics"))


def test_a_wrong_variable_is_reported_in_one_sentence(tmp_path):
    ended = manage(tmp_path, "check", EMAIL_URL="pigeon://me:secret@loft")
    assert (ended.returncode, ended.stderr.splitlines()) == (
        1,
        [
            "The configuration cannot work: EMAIL_URL cannot be read. "
            "Write it like smtp+tls://USER:PASSWORD@HOST:587."
        ],
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SENTRY_DSN", "nonsense"),
        ("REDIS_URL", "nonsense"),
        ("API_RATE", "lots"),
        ("ORDER_RATE", "lots"),
        ("ORDER_RATE", "0/min"),
        ("QUOTA_QUEUED", "guest:0"),
        ("QUOTA_USD_PER_DAY", "user:cheap"),
        ("MODAL_DAILY_BUDGET_USD", "-1"),
        ("GUEST_DAYS", "0"),
        ("IDEMPOTENCY_HOURS", "23"),
        ("QUOTA_JOBS_PER_DAY", "robots:5"),
        ("TRUSTED_PROXIES", "-1"),
        ("METRICS_TOKEN", "easily-guessed"),
        ("DATABASE_URL", "nonsense"),
    ],
)
def test_what_would_fail_only_later_is_reported_at_the_start(tmp_path, name, value):
    ended = manage(tmp_path, "check", **{name: value})
    assert (ended.returncode, len(ended.stderr.splitlines())) == (1, 1)
    assert ended.stderr.startswith(f"The configuration cannot work: {name} ")


def test_a_public_site_stands_behind_one_proxy(tmp_path):
    names = ("TRUSTED_PROXIES", "ALLAUTH_TRUSTED_PROXY_COUNT")
    assert settings_of(tmp_path, *names) == [0, 0]
    assert settings_of(tmp_path, *names, **PRODUCTION) == [1, 1]
    assert settings_of(tmp_path, *names, **PRODUCTION, TRUSTED_PROXIES="0") == [0, 0]


def test_guests_have_quotas_and_nobody_queues_without_end(tmp_path):
    names = ("QUOTA_JOBS_PER_DAY", "QUOTA_SECONDS_PER_DAY", "QUOTA_QUEUED", "QUOTA_RUNNING")
    by_default = settings_of(tmp_path, *names)
    assert all(quota["guest"] for quota in by_default)
    assert all(by_default[2].values())
    assert [quota["user"] for quota in by_default if quota is not by_default[2]] == [None] * 3
    [queued] = settings_of(tmp_path, "QUOTA_QUEUED", QUOTA_QUEUED="guest:4,staff:none")
    assert queued == {"guest": 4, "user": 500, "staff": None}


def test_by_itself_nothing_is_deleted_that_somebody_can_reach_and_nothing_is_limited_that_was_not(tmp_path):
    names = ("SESSION_COOKIE_AGE", "GUEST_DAYS", "GUEST_EMPTY_HOURS", "TRACK_DAYS", "TRACK_WARNING_DAYS")
    assert settings_of(tmp_path, *names) == [365 * 86_400, 400, 24, None, 14]
    assert settings_of(tmp_path, *names, SESSION_DAYS="30", TRACK_DAYS="90", GUEST_EMPTY_HOURS="none") == [
        *(30 * 86_400, 65, None, 90, 14)
    ]
    names = ("SITE_URL", "MODAL_DAILY_BUDGET_USD", "QUOTA_USD_PER_DAY", "SITE_STORED_MINUTES")
    assert settings_of(tmp_path, *names, ALLOWED_HOSTS="*.example.org,music.example.org", **SECRET) == [
        "https://music.example.org",
        None,
        dict.fromkeys(("guest", "user", "staff")),
        None,
    ]


def test_without_its_url_mail_is_printed_on_this_machine_and_nowhere_else(tmp_path):
    public = {name: value for name, value in PRODUCTION.items() if name != "EMAIL_URL"}
    names = ("EMAIL_BACKEND",)
    assert settings_of(tmp_path, *names) == ["django.core.mail.backends.console.EmailBackend"]
    assert settings_of(tmp_path, *names, **public) == ["django.core.mail.backends.dummy.EmailBackend"]


def test_staff_of_a_site_for_others_need_a_second_factor(tmp_path):
    names = ("STAFF_MFA_REQUIRED", "STAFF_SESSION_HOURS", "SECRET_KEY_FALLBACKS")
    assert settings_of(tmp_path, *names) == [False, 24, []]
    assert settings_of(tmp_path, *names, **PRODUCTION) == [True, 24, []]
    given = {"STAFF_MFA_REQUIRED": "off", "STAFF_SESSION_HOURS": "8", "SECRET_KEY_FALLBACKS": "one, two"}
    assert settings_of(tmp_path, *names, **PRODUCTION, **given) == [False, 8, ["one", "two"]]


def test_modals_token_makes_it_the_engine(tmp_path):
    names = ("GENERATION_ENGINE", "ENGINES")
    token = {"MODAL_TOKEN_ID": "ak-1", "MODAL_TOKEN_SECRET": "as-1"}
    chosen, engines = settings_of(
        tmp_path, *names, **token, MODAL_APP_NAME="songs", MODAL_ENVIRONMENT="staging"
    )
    options = engines["modal"]["OPTIONS"]
    assert chosen == "modal"
    assert (options["app_name"], options["environment"], options["token_id"]) == ("songs", "staging", "ak-1")
    assert settings_of(tmp_path, *names[:1], **token, GENERATION_ENGINE="composer") == ["composer"]
    chosen, engines = settings_of(tmp_path, *names, MODAL_TOKEN_ID="ak-1")
    assert chosen == "composer"
    assert "modal" not in engines


def test_a_model_of_ones_own_is_an_engine(tmp_path):
    [engines] = settings_of(tmp_path, "ENGINES", DIFFUSION_MODEL="musicgen-medium", DIFFUSION_DEVICE="cuda:1")
    options = engines["diffusion"]["OPTIONS"]
    assert (options["model"], options["device"], options["planner"]) == ("musicgen-medium", "cuda:1", True)
    [engines] = settings_of(tmp_path, "ENGINES", DIFFUSION_MODEL="musicgen-medium", DIFFUSION_PLANNER="0")
    assert not engines["diffusion"]["OPTIONS"]["planner"]


@pytest.fixture(scope="module")
def changed(tmp_path_factory) -> list[dict[str, Any]]:
    """Which settings each row of CHANGES has changed."""
    folder = tmp_path_factory.mktemp("settings")
    ended = python(folder, "-c", CHANGING, str(folder))
    assert ended.returncode == 0, ended.stderr
    found: list[dict[str, Any]] = json.loads(ended.stdout.replace(str(folder), "FOLDER"))
    return found


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.variable)
def test_every_variable_changes_its_settings_and_no_others(changed: list[dict[str, Any]], change: Change):
    assert changed[CHANGES.index(change)] == change.settings


def test_every_variable_has_a_row():
    assert {change.variable for change in CHANGES} == variables_read()


def test_the_admin_goes_by_the_name_of_the_site(tmp_path):
    code = "import django; django.setup(); import musicgen.urls as u; print(u.admin.site.site_header)"
    variables = {"DJANGO_SETTINGS_MODULE": "musicgen.settings", "SITE_NAME": "Night Radio"}
    assert python(tmp_path, "-c", code, **variables).stdout == "Night Radio\n"


def variables_read() -> set[str]:
    """The names that settings.py reads from the environment."""
    tree = ast.parse((BASE_DIR / "musicgen" / "settings.py").read_text())
    return {
        node.args[0].value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
    }


def test_every_variable_is_in_the_example_and_in_the_documentation():
    example = re.findall(r"^#? ?([A-Z][A-Z_]+)=", (BASE_DIR / ".env.example").read_text(), re.MULTILINE)
    documented = re.findall(
        r"^\| `([A-Z_]+)` \|", (BASE_DIR / "docs" / "settings.md").read_text(), re.MULTILINE
    )
    read = variables_read()
    assert len(read) > 20
    assert sorted(example) == sorted(read)
    assert sorted(documented) == sorted(read)


def test_the_example_can_be_used_as_it_is(tmp_path):
    lines = [line for line in (BASE_DIR / ".env.example").read_text().splitlines() if line and line[0] != "#"]
    variables = dict(line.split("=", 1) for line in lines) | {"VAR_DIR": str(tmp_path)}
    assert manage(tmp_path, "check", **{n: v for n, v in variables.items() if n != "VAR_DIR"}).returncode == 0
