"""What the operator sees: jobs, tracks, zips, reports, workers, webhooks, what staff did. All is done by the verbs."""

from generation.admin.archives import ArchiveAdmin
from generation.admin.jobs import JobAdmin
from generation.admin.reports import TrackReportAdmin
from generation.admin.staff_log import LogEntryAdmin
from generation.admin.tracks import TrackAdmin
from generation.admin.webhooks import WebhookDeliveryAdmin, WebhookEndpointAdmin
from generation.admin.workers import WorkerAdmin

__all__ = [
    "ArchiveAdmin",
    "JobAdmin",
    "LogEntryAdmin",
    "TrackAdmin",
    "TrackReportAdmin",
    "WebhookDeliveryAdmin",
    "WebhookEndpointAdmin",
    "WorkerAdmin",
]
