"""Opening the messages of the queue, which django-q2 signs and reads by `SECRET_KEY` alone."""

from typing import Any

from django_q import core_signing
from django_q.conf import Conf
from django_q.signing import BadSignature, PickleSerializer

from musicgen.keys import site_keys


def opened(payload: str) -> Any:
    """The task in a message that was signed by one of the site's keys. Raises BadSignature."""
    for key in site_keys():
        try:
            return core_signing.loads(payload, key=key, salt=Conf.PREFIX, serializer=PickleSerializer)
        except BadSignature:
            continue
    raise BadSignature("No key of this site has signed the message.")
