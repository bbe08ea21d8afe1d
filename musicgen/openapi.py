"""How drf-spectacular writes the OpenAPI document; `generation.api` says what is in it."""

from typing import Any


def document_settings(site_name: str) -> dict[str, Any]:
    """What `SPECTACULAR_SETTINGS` is."""
    return {
        "TITLE": f"{site_name} API",
        "DESCRIPTION": "Order music, look after the order, and hear, keep or delete what was made.",
        "VERSION": "1",
        "OAS_VERSION": "3.1.0",
        "SERVERS": [{"url": "/", "description": "This site"}],
        "SERVE_INCLUDE_SCHEMA": False,
        "COMPONENT_SPLIT_PATCH": False,
        "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
        # The session is for the site's own pages: clients made from a document that names it send their token as one.
        "AUTHENTICATION_WHITELIST": ["accounts.authentication.TokenAuthentication"],
        "SCHEMA_PATH_PREFIX": "/api/v1",
        "POSTPROCESSING_HOOKS": [
            "generation.api.document.include_messages",
            "drf_spectacular.hooks.postprocess_schema_enums",
            "generation.api.document.describe_errors",
            "generation.api.document.name_choices",
            "generation.api.document.finish",
        ],
        "WEBHOOKS": [
            "generation.api.message_docs.JOB_COMPLETED",
            "generation.api.message_docs.JOB_FAILED",
            "generation.api.message_docs.JOB_CANCELED",
        ],
        "ENUM_NAME_OVERRIDES": {
            "JobStatus": "generation.models.job_states.Status",
            "JobStage": "generation.models.job_states.Stage",
            "JobErrorCode": "generation.models.job_states.ErrorCode",
            "TokenScope": "accounts.models.ApiToken.Scope",
            "WebhookEvent": "generation.webhooks.events.JobEvent",
            "WebhookMessageType": "generation.webhooks.events.MessageType",
            "WebhookDeliveryStatus": "generation.webhooks.delivery_states.DeliveryStatus",
            "ArchiveStatus": "generation.models.archive.ArchiveState",
            "ArchiveFormat": ["wav", "mp3", "flac", "opus"],
            "MasterFormat": ["wav", "flac"],
            "StorageType": ["s3", "local"],
            "Visibility": "generation.models.track_sharing.Visibility",
        },
    }
