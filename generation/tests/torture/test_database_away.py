"""Jobs while the database crashes and comes back, or is locked: all are made, once."""

import pytest

from accounts.models import User
from generation.tests.torture.databases import database_with_outages
from generation.tests.torture.orders import Orders
from generation.tests.torture.outages import live_through

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.postgresql_is_enough]


def test_jobs_live_through_an_outage_of_the_database(service, new_host, chance):
    with database_with_outages() as outage:
        orders = Orders([User.objects.create_user(email="alice@example.org")], chance)
        live_through(
            outage.what,
            outage.begin,
            outage.end,
            host=new_host(),
            orders=orders,
            service=service,
            chance=chance,
        )
