"""The tests' settings with django-q2's own broker, which asks the database for messages again and again."""

from generation.tests.scripted_settings import *  # noqa: F403

Q_CLUSTER["broker_class"] = "django_q.brokers.orm.ORM"  # noqa: F405
Q_CLUSTER["poll"] = 0.03  # noqa: F405
