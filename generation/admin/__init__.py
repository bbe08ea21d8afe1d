"""What the operator sees: jobs, tracks, reports, workers, webhooks. What can be done to them goes through the verbs."""

from generation.admin.jobs import JobAdmin
from generation.admin.reports import TrackReportAdmin
from generation.admin.tracks import TrackAdmin
from generation.admin.webhooks import WebhookDeliveryAdmin, WebhookEndpointAdmin
from generation.admin.workers import WorkerAdmin

__all__ = [
    "JobAdmin",
    "TrackAdmin",
    "TrackReportAdmin",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
    "WorkerAdmin",
]
