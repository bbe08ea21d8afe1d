"""API tokens: how they are shown, and what is asked of a new one."""

from datetime import datetime
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from accounts import token_rules
from accounts.models import ApiToken
from accounts.token_rules import MAX_DAYS, NAME_LENGTH, NAME_PATTERN
from generation.api.fields import Text, WholeNumber
from generation.api.serializers.strict import StrictSerializer

_NO_NAME = "Give the token a name, such as the program that will use it."


def _scope() -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=ApiToken.Scope.choices)


@extend_schema_serializer(component_name="Token")
class TokenSerializer(serializers.Serializer[ApiToken]):
    """A token without its secret, which is shown once, when it is made."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    prefix = serializers.CharField(help_text="How the secret begins, to tell tokens apart.")
    scopes = serializers.ListField(
        child=_scope(), help_text="`read` for safe calls (GET), `write` for all others."
    )
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField(allow_null=True, help_text="Null: never.")
    last_used_at = serializers.DateTimeField(
        allow_null=True, help_text="To the minute. Null: it has not been used."
    )


@extend_schema_serializer(component_name="NewToken")
class NewTokenSerializer(TokenSerializer):
    """A token that was just made."""

    secret = serializers.CharField(help_text="What follows `Bearer`. It is shown now and never again.")


class TokenName(Text):
    """A name by the rules of tokens."""

    def __init__(self, **options: Any) -> None:
        documented = {"minLength": 1, "maxLength": NAME_LENGTH, "pattern": NAME_PATTERN}
        super().__init__(trim_whitespace=False, documented=documented, **options)

    def to_internal_value(self, data: Any) -> str:
        try:
            return token_rules.clean_name(super().to_internal_value(data))
        except ValueError as error:
            raise serializers.ValidationError(str(error), "invalid") from None


class TokenOrderSerializer(StrictSerializer):
    """The body of `POST /tokens`. `expires_at` of the validated data is None for a token that does not expire."""

    name = TokenName(
        error_messages={"required": _NO_NAME, "null": _NO_NAME, "blank": _NO_NAME},
        help_text="What will use it, for you to recognise.",
    )
    scopes = serializers.ListField(
        child=_scope(),
        required=False,
        min_length=1,
        max_length=len(ApiToken.Scope),
        help_text="Left out, both. None that the token of this very request lacks.",
    )
    expires_at = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="Left out, it does not expire. Not later than the token of this very request.",
    )
    expires_in_days = WholeNumber(
        required=False,
        allow_null=True,
        help_text="In place of `expires_at`.",
        documented={"minimum": 1, "maximum": MAX_DAYS},
    )

    def validate_expires_at(self, value: datetime | None) -> datetime | None:
        if value is not None:
            _or_out_of_range(token_rules.check_expiry, value)
        return value

    def validate_expires_in_days(self, value: int | None) -> datetime | None:
        return None if value is None else _or_out_of_range(token_rules.after_days, value)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        moment, in_days = attrs.get("expires_at"), attrs.get("expires_in_days")
        if moment and in_days:
            message = "Give either “expires_at” or “expires_in_days”, not both."
            raise serializers.ValidationError({"expires_in_days": message}, "conflict")
        return {
            "name": attrs["name"],
            "scopes": attrs.get("scopes") or list(ApiToken.Scope.values),
            "expires_at": moment or in_days,
        }


class TokenChangesSerializer(StrictSerializer):
    """The body of `PATCH /tokens/{id}`."""

    known_elsewhere = frozenset(TokenSerializer().fields) - {"name"}

    name = TokenName(required=False)


def _or_out_of_range(rule: Any, value: Any) -> Any:
    try:
        return rule(value, timezone.now())
    except ValueError as error:
        raise serializers.ValidationError(str(error), "out_of_range") from None
