"""Where the pages may load from: this site, and audio from the buckets that it lies in."""

import logging

from csp.middleware import CSPMiddleware, PolicyParts
from django.core.cache import caches
from django.http import HttpRequest, HttpResponseBase

from generation.storage import StorageError, configured_storages

logger = logging.getLogger(__name__)
KEPT_SECONDS = 600


class ContentSecurityMiddleware(CSPMiddleware):
    """Adds the policy of the settings to pages, with the buckets' origins for what plays and mixes audio."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = response.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts: PolicyParts = super().get_policy_parts(request, response, report_only)
        origins = caches["process"].get_or_set("audio-origins", _audio_origins, KEPT_SECONDS)
        if origins:
            parts.update = {**(parts.update or {}), "media-src": origins, "connect-src": origins}
        return parts


def _audio_origins() -> list[str]:
    """The origins of signed URLs; a bucket is asked nothing for it. None of one whose address is unknown."""
    origins = []
    for name, storage in configured_storages().items():
        try:
            origins.append(storage.origin)
        except StorageError as error:
            logger.error(
                "Pages may not play audio of the storage “%s”, for its address is not known: %s", name, error
            )
    return [origin for origin in dict.fromkeys(origins) if origin]
