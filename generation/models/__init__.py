from generation.models.archive import Archive
from generation.models.expiring_file import ExpiringFile
from generation.models.idempotency_key import IdempotencyKey
from generation.models.job import Job
from generation.models.job_event import JobEvent
from generation.models.lease import Lease
from generation.models.metric import Metric, ProcessValue
from generation.models.playlist import Playlist, PlaylistEntry
from generation.models.rendition import Rendition
from generation.models.site_sample import SiteSample
from generation.models.track import Track
from generation.models.track_report import TrackReport
from generation.models.worker import Worker
from generation.webhooks.delivery import WebhookAttempt, WebhookDelivery
from generation.webhooks.endpoint import WebhookEndpoint

__all__ = [
    "Archive",
    "ExpiringFile",
    "IdempotencyKey",
    "Job",
    "JobEvent",
    "Lease",
    "Metric",
    "Playlist",
    "PlaylistEntry",
    "ProcessValue",
    "Rendition",
    "SiteSample",
    "Track",
    "TrackReport",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "Worker",
]
