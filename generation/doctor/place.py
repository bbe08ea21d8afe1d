"""The bucket under examination."""

from dataclasses import dataclass
from urllib.parse import urlsplit

_HIDDEN = "…"


@dataclass(frozen=True, slots=True)
class Place:
    """The bucket under examination, as it is configured, and what of it must never be printed."""

    bucket: str
    endpoint_url: str | None
    region: str
    secrets: tuple[str, ...] = ()

    @property
    def service(self) -> str:
        """How sentences call the service."""
        return urlsplit(self.endpoint_url).netloc if self.endpoint_url else "Amazon S3"

    def without_secrets(self, text: str) -> str:
        """Return a text with every key in it blotted out."""
        for secret in self.secrets:
            text = text.replace(secret, _HIDDEN)
        return text
