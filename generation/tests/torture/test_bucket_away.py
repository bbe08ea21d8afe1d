"""Jobs while the bucket cannot be reached: all are made, once, and at their first attempt."""

import pytest

from generation.storage import audio_storage
from generation.tests.audio_places import bucket_settings, bucket_variables, emptied
from generation.tests.torture.outages import live_through

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.long, pytest.mark.postgresql_is_enough]


def test_jobs_live_through_an_outage_of_the_bucket(
    settings, s3_server, proxy, service, orders, new_host, chance
):
    settings.STORAGES = settings.STORAGES | dict.fromkeys(("s3", "audio"), bucket_settings(s3_server))
    emptied(audio_storage())
    host = new_host(bucket_variables(s3_server) | {"STORAGE_ENDPOINT_URL": proxy.endpoint})
    live_through(
        "the bucket gone",
        proxy.refuse,
        proxy.accept,
        host=host,
        orders=orders,
        service=service,
        chance=chance,
    )
