"""The base of what the API reads: an unknown field is an error that names it."""

from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ErrorDetail, ValidationError

MAX_UNKNOWN = 20


class StrictSerializer(serializers.Serializer[Any]):
    """Refuses fields that it does not know, beside those that are wrong, all in one answer."""

    known_elsewhere: frozenset[str] = frozenset()

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        wrong: dict[str, Any] = {
            name: [self._unknown(name)] for name in list(data.keys() - self.fields.keys())[:MAX_UNKNOWN]
        }
        try:
            values: dict[str, Any] = super().to_internal_value(data)
        except ValidationError as error:
            raise ValidationError({**dict(error.detail), **wrong}) from None  # type: ignore[arg-type]
        if wrong:
            raise ValidationError(wrong)
        return values

    def _unknown(self, name: str) -> ErrorDetail:
        if name in self.known_elsewhere:
            return ErrorDetail(f"“{name}” cannot be changed.", "read_only")
        return ErrorDetail(
            f"There is no field “{name[:60]}” here. The fields are {', '.join(self.fields)}.", "unknown_field"
        )
