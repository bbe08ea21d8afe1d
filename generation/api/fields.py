"""Fields that take what JSON calls a number, a string, a truth value, and nothing that merely looks like one.

`documented` goes into the OpenAPI document only: bounds that depend on the engine are checked by the engine.
"""

import math
from typing import Any

from drf_spectacular.extensions import OpenApiSerializerFieldExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import build_basic_type
from drf_spectacular.types import OpenApiTypes
from rest_framework import serializers

from generation.engines.visible import is_visible


class _Documented:
    """A field with keywords of JSON Schema that stand in the document and are not checked here."""

    def __init__(self, *, documented: dict[str, Any] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.documented = documented or {}


class Number(_Documented, serializers.FloatField):
    """A finite JSON number."""

    default_error_messages = {"invalid": "Give a number here, such as 30."}

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        try:
            number = float(data)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            self.fail("invalid")
        return number


class WholeNumber(_Documented, serializers.IntegerField):
    """A JSON number without a fraction; 7.0 is one."""

    default_error_messages = {"invalid": "Give a whole number here, such as 7."}

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int | float):
            self.fail("invalid")
        if isinstance(data, float) and not data.is_integer():
            self.fail("invalid")
        return int(data)


class Text(_Documented, serializers.CharField):
    """A JSON string, trimmed. NUL and halves of surrogate pairs, which no database keeps, are refused.

    Where it may not be blank, something of it must be visible.
    """

    default_error_messages = {"invalid": "Give a string here."}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text: str = super().to_internal_value(data)
        if not self.allow_blank and not is_visible(text):
            self.fail("blank")
        return text


class Truth(_Documented, serializers.BooleanField):
    """`true` or `false`."""

    default_error_messages = {"invalid": "Give true or false here."}

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid")
        return data


class Measure(serializers.FloatField):
    """For answers: a measured number or null, without digits that mean nothing."""

    def __init__(self, *, digits: int, help_text: str = "") -> None:
        super().__init__(allow_null=True, help_text=help_text)
        self.digits = digits

    def to_representation(self, value: float) -> float:  # type: ignore[override]
        return round(float(value), self.digits)


class NullableText(serializers.CharField):
    """For answers: a text, null where there is none."""

    def __init__(self, *, help_text: str | None = None) -> None:
        super().__init__(allow_null=True, help_text=help_text)

    def to_representation(self, value: str) -> str | None:  # type: ignore[override]
        return value or None


_BASIC_TYPES = {
    Number: OpenApiTypes.DOUBLE,
    WholeNumber: OpenApiTypes.INT64,
    Text: OpenApiTypes.STR,
    Truth: OpenApiTypes.BOOL,
}


class _DocumentedField(OpenApiSerializerFieldExtension):
    """Hook of drf-spectacular: a field's basic type and its documented keywords."""

    target_class = _Documented
    match_subclasses = True

    def map_serializer_field(self, auto_schema: AutoSchema, direction: str) -> dict[str, Any]:
        basic = next(basic for kind, basic in _BASIC_TYPES.items() if isinstance(self.target, kind))
        return {**(build_basic_type(basic) or {}), **self.target.documented}
