"""The words for where a job stands, and for why it failed."""

from django.db import models


class Status(models.TextChoices):
    QUEUED = "queued"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"


class Stage(models.TextChoices):
    STARTING = "starting"
    GENERATING = "generating"
    MASTERING = "mastering"
    UPLOADING = "uploading"


class CallState(models.TextChoices):
    """What becomes of a remote call while no worker works on its job."""

    FOLLOWED = "followed"
    ENDED = "ended"


class ErrorCode(models.TextChoices):
    ENGINE_UNAVAILABLE = "engine_unavailable"
    ENGINE_TIMEOUT = "engine_timeout"
    OUT_OF_MEMORY = "out_of_memory"
    CONTENT_REJECTED = "content_rejected"
    STORAGE_FAILED = "storage_failed"
    WORKER_LOST = "worker_lost"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    INTERNAL = "internal"


ACTIVE = (Status.QUEUED, Status.PROCESSING)
TERMINAL = (Status.COMPLETED, Status.FAILED, Status.CANCELED)
