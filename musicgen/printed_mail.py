"""Mail of a site without EMAIL_URL whose lines are JSON: each message is one line, as it is."""

import json
from datetime import UTC, datetime
from typing import Any

from django.core.mail.backends.console import EmailBackend


class JsonLines(EmailBackend):
    """Prints mail as Django's console does, but as an object of JSON. What it links to is not hidden: it is for whom
    it is sent to, and there is no other way to it."""

    def write_message(self, message: Any) -> None:
        line = {
            "asctime": datetime.now(UTC).isoformat(sep=" ", timespec="milliseconds"),
            "levelname": "INFO",
            "name": __name__,
            "message": message.message().as_string(),
        }
        self.stream.write(f"{json.dumps(line)}\n")
