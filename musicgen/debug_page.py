"""The page that `DEBUG` shows of an error, without secrets: it would tell every variable and all that was sent."""

from typing import Any

from django.views.debug import ExceptionReporter

from musicgen.scrubbing import scrubbed, scrubbed_under

_TEXTS = ("exception_value", "exception_notes", "request_insecure_uri")
_ITEMS = ("request_GET_items", "filtered_POST_items", "request_COOKIES_items", "request_FILES_items")
_MAPPINGS = ("request_meta", "settings")


class ScrubbedReporter(ExceptionReporter):
    """Django's own reporter; what it has gathered goes through `musicgen.scrubbing` before it is shown."""

    def get_traceback_data(self) -> dict[str, Any]:
        data: dict[str, Any] = super().get_traceback_data()
        for frame in data["frames"]:
            frame["vars"] = _scrubbed_items(frame.get("vars", ()))
            if frame.get("exc_cause"):
                frame["exc_cause"] = scrubbed(str(frame["exc_cause"]))
        for name in _TEXTS:
            if name in data:
                data[name] = scrubbed(data[name])
        for name in _ITEMS:
            if name in data:
                data[name] = _scrubbed_items(data[name])
        for name in _MAPPINGS:
            data[name] = dict(_scrubbed_items(data[name].items()))
        if data["template_info"]:
            data["template_info"]["message"] = scrubbed(str(data["template_info"]["message"]))
        return data


def _scrubbed_items(items: Any) -> list[tuple[str, Any]]:
    return [(name, scrubbed_under(str(name), value)) for name, value in items]
