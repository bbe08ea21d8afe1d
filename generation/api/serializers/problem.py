"""Problems as the OpenAPI document describes them; `generation.api.error_handler` writes them."""

from typing import Any

from rest_framework import serializers


class ProblemFieldSerializer(serializers.Serializer[Any]):
    """What is wrong with one field of a request."""

    field = serializers.CharField()
    code = serializers.CharField(
        help_text="For programs, such as `required`, `out_of_range`, `unknown_field`, and `not_found` for the id "
        "of what is not there, or not yours."
    )
    message = serializers.CharField(help_text="For people.")


class ProblemSerializer(serializers.Serializer[Any]):
    """What went wrong (RFC 9457)."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What happened, to what, and what to do.")
    code = serializers.CharField(help_text="For programs.")
    errors = ProblemFieldSerializer(many=True)  # type: ignore[assignment]
    retryable = serializers.BooleanField(help_text="Whether the same request may succeed later.")
    request_id = serializers.CharField(help_text="Finds the request in the operator's logs.")
