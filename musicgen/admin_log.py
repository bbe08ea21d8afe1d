"""What staff do in the admin, for the log of it (`LogEntry`): many rows in one statement, each by its kind and id.

A row is not called by its words there, which are its owner's and may be deleted long before the log is.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Model

WRITTEN_AT_ONCE = 1000


def log_change(staff: Any, model: type[Model], keys: Iterable[Any], words: str) -> None:
    """Note what a member of staff has done to the rows of a model that have these keys.

    Call it in the transaction in which it is done: then neither is there without the other.
    """
    kind = ContentType.objects.get_for_model(model)
    name = model._meta.verbose_name
    LogEntry.objects.bulk_create(
        (
            LogEntry(
                user_id=staff.pk,
                content_type=kind,
                object_id=str(key),
                object_repr=f"{name} {str(key)[:8]}",
                action_flag=CHANGE,
                change_message=words,
            )
            for key in keys
        ),
        batch_size=WRITTEN_AT_ONCE,
    )
