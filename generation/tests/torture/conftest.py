"""What the drills share: a counting remote engine, several people, and hosts that run workers on this database."""

import os
import random
from collections.abc import Callable, Iterator, Mapping, Sequence

import pytest
from django.conf import settings as django_settings

from accounts.models import User
from generation.tests.test_worker_process import database_url
from generation.tests.torture.engines import ENGINES, URL_VARIABLE
from generation.tests.torture.host import Host
from generation.tests.torture.orders import Orders
from generation.tests.torture.scale import SEED
from generation.tests.torture.service import CountingService, counting_service

PEOPLE = 4
NewHost = Callable[..., Host]


@pytest.fixture
def chance() -> random.Random:
    return random.Random(SEED)


@pytest.fixture
def service(settings) -> Iterator[CountingService]:
    """The remote engine's service, while the site has the engines of the drills."""
    settings.ENGINES = ENGINES
    with counting_service(SEED) as service:
        yield service


@pytest.fixture
def people(transactional_db) -> list[User]:
    return [User.objects.create_user(email=f"person{number}@example.org") for number in range(PEOPLE)]


@pytest.fixture
def orders(people, chance) -> Orders:
    return Orders(people, chance)


@pytest.fixture
def new_host(service, tmp_path) -> NewHost:
    """Make a host, not yet running: `new_host({"NAME": "value"}, command=[…])`."""

    def make(variables: Mapping[str, str] | None = None, *, command: Sequence[str] = ()) -> Host:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STORAGE_")}
        environment |= {
            "DJANGO_SETTINGS_MODULE": "generation.tests.torture.settings",
            "DATABASE_URL": database_url(),
            "VAR_DIR": str(tmp_path),
            "SECRET_KEY": django_settings.SECRET_KEY,
            URL_VARIABLE: service.url,
        }
        return Host(environment | dict(variables or {}), tmp_path, command)

    return make
