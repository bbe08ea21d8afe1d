"""What a signed URL may ask of the answer: the headers that S3 calls response overrides."""

from collections.abc import Mapping

DISPOSITION = "ResponseContentDisposition"
CONTENT_TYPE = "ResponseContentType"
# As S3 spells them in a query.
QUERY_NAMES = {DISPOSITION: "response-content-disposition", CONTENT_TYPE: "response-content-type"}

Parameters = Mapping[str, str]


def checked_parameters(parameters: Parameters | None) -> dict[str, str]:
    """Return the parameters that are there, in a fixed order.

    Raises ValueError for another name than `ResponseContentDisposition` and `ResponseContentType`, and
    for a value that no header can carry.
    """
    given = dict(parameters or {})
    unknown = sorted(given.keys() - QUERY_NAMES.keys())
    if unknown:
        raise ValueError(f"A signed URL takes {' and '.join(QUERY_NAMES)}, not {', '.join(unknown)}.")
    for name, value in given.items():
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"{name} must be printable ASCII, not {value!r}.")
    return {name: given[name] for name in QUERY_NAMES if name in given}
