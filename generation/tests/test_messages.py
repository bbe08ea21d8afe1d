"""The messages that wake a worker: each asks for its task, for when it is due, and says when somebody waits."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from generation.queue import messages

pytestmark = pytest.mark.django_db
SUBJECT = uuid4()


@pytest.mark.parametrize(
    ("send", "task", "arguments", "delay"),
    [
        (lambda pk: messages.wake_for_job(pk), "run_job", (), 0),
        (lambda pk: messages.wake_for_job(pk, delay=60), "run_job", (), 60),
        (lambda pk: messages.wake_for_result(pk), "run_job", (), -3600),
        (lambda pk: messages.wake_for_rendition(pk, "mp3"), "make_rendition", ("mp3",), 0),
        (lambda pk: messages.wake_for_purge(pk, delay=60), "purge_track", (), 60),
        (lambda pk: messages.wake_for_leftovers(pk), "clear_leftovers", (), 0),
    ],
)
def test_a_message_names_its_task_and_its_subject_and_is_due_in_time(send, task, arguments, delay):
    before = timezone.now()
    send(SUBJECT)
    message = OrmQ.objects.get()
    assert message.func() == f"generation.worker.tasks.{task}"
    assert UUID(message.task["args"][0]) == SUBJECT
    assert tuple(message.task["args"][1:]) == arguments
    assert message.task["name"] == f"{task} {SUBJECT}"
    assert before <= message.lock - timedelta(seconds=delay) <= timezone.now()


def test_only_messages_that_are_due_wait():
    messages.wake_for_job(SUBJECT)
    messages.wake_for_job(SUBJECT, delay=60)
    assert messages.orders_waiting() == 1
    messages.wake_for_rendition(SUBJECT, "mp3")
    assert (messages.orders_waiting(), messages.any_waiting()) == (1, True)
