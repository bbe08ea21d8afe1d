"""`Idempotency-Key`: an order that is sent again, because its answer was lost, is the same order.

After draft-ietf-httpapi-idempotency-key-header and as Stripe does it. The draft writes the key in quotation marks and
most clients without; either is taken as it stands.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from typing import Any, cast

from django.conf import settings
from rest_framework import status
from rest_framework.request import Request

from accounts.models import User
from generation.api.problems import Problem
from generation.engines.request import FieldError
from generation.models import IdempotencyKey, Job
from generation.models.idempotency_key import MAX_KEY, KeyReused, KeyTaken

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
RETRY_AFTER_SECONDS = "1"
_KEY = re.compile(rf"[\x21-\x7e]{{1,{MAX_KEY}}}")


def order_once(
    request: Request, body: Mapping[str, Any], order: Callable[[IdempotencyKey | None], Job]
) -> tuple[Job, bool]:
    """The job that `order` makes, or that it made when the request came first, and whether it is that one.

    `body` is what the request asks for, as JSON values. Raises Problem: 400 for a key that is none, 422 for one that
    stood for another request, 409 while the first request with it is being stored.
    """
    key = _key_of(request, body)
    if key is None:
        return order(None), False
    earlier = _earlier(key)
    if earlier is not None:
        return earlier, True
    try:
        return order(key), False
    except KeyTaken as error:
        earlier = _earlier(key)
        if earlier is None:
            raise _in_use() from error
        return earlier, True


def _key_of(request: Request, body: Mapping[str, Any]) -> IdempotencyKey | None:
    header = request.headers.get(HEADER)
    if header is None:
        return None
    if not _KEY.fullmatch(header):
        message = f"“{HEADER}” must be 1 to {MAX_KEY} visible ASCII characters, such as a UUID."
        raise Problem.in_fields([FieldError(HEADER, "invalid", message)])
    asked = json.dumps([request.method, request.path, body], sort_keys=True)
    fingerprint = hashlib.sha256(asked.encode()).hexdigest()
    return IdempotencyKey(owner_id=cast(User, request.user).pk, key=header, fingerprint=fingerprint)


def _earlier(key: IdempotencyKey) -> Job | None:
    try:
        return key.earlier_job()
    except KeyReused as error:
        raise Problem(
            status.HTTP_422_UNPROCESSABLE_ENTITY,
            "idempotency_key_reused",
            f"This “{HEADER}” stands for another request of the last {settings.IDEMPOTENCY_HOURS} hours. "
            "Take a new key for a new order.",
        ) from error


def _in_use() -> Problem:
    return Problem(
        status.HTTP_409_CONFLICT,
        "idempotency_key_in_use",
        f"The first request with this “{HEADER}” is still being stored. Send the same again in a moment.",
        retryable=True,
        headers={"Retry-After": RETRY_AFTER_SECONDS},
    )
