"""What the operator sees: jobs, tracks, zips, reports, workers, webhooks. What is done to them goes by the verbs."""

from generation.admin.archives import ArchiveAdmin
from generation.admin.jobs import JobAdmin
from generation.admin.reports import TrackReportAdmin
from generation.admin.tracks import TrackAdmin
from generation.admin.webhooks import WebhookDeliveryAdmin, WebhookEndpointAdmin
from generation.admin.workers import WorkerAdmin

__all__ = [
    "ArchiveAdmin",
    "JobAdmin",
    "TrackAdmin",
    "TrackReportAdmin",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
    "WorkerAdmin",
]
