"""What the caller has used, as the API shows it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from generation.api.fields import Measure
from generation.models.quotas import Limit, Limits
from generation.models.usage import EngineUsage, Period, Usage

_JOBS = "Ordered in this time; those that failed or were canceled do not count."
_SECONDS = "Of music that came of the orders of this time, deleted or not."


class _Used(serializers.Serializer[Any]):
    jobs = serializers.IntegerField(min_value=0, help_text=_JOBS)
    seconds = serializers.SerializerMethodField(help_text=_SECONDS)
    cost_usd = Measure(
        digits=6, help_text="Of all orders, failed ones too. Null: no engine has named a price."
    )

    def get_seconds(self, used: EngineUsage | Period) -> float:
        return round(used.seconds, 3)


class EngineUsageSerializer(_Used):
    """What was had of one engine."""

    engine = serializers.CharField(help_text="One of `/engines`, or one that this site had then.")


class PeriodSerializer(_Used):
    """What was used from `since` on, and by which engine, the most used first."""

    since = serializers.DateTimeField(help_text="The beginning of a day in UTC.")
    engines = EngineUsageSerializer(many=True)


class StoredSerializer(serializers.Serializer[Usage]):
    """What is stored now."""

    tracks = serializers.IntegerField(min_value=0)
    bytes = serializers.IntegerField(
        min_value=0,
        source="stored_bytes",
        help_text="Of the masters and the other formats that were made of them.",
    )


class _Quota(serializers.Serializer[Limit]):
    limit = serializers.IntegerField(min_value=0, allow_null=True)
    renews_at = serializers.DateTimeField(
        allow_null=True, help_text="When `used` begins at 0 again. Null: as jobs begin or end, or tracks go."
    )


class QuotaSerializer(_Quota):
    """How many of something may be used; `limit` and `left` are null where there is no limit."""

    used = serializers.IntegerField(min_value=0)
    left = serializers.IntegerField(min_value=0, allow_null=True)


class SecondsQuotaSerializer(_Quota):
    """How many seconds may be used; `limit` and `left` are null where there is no limit."""

    used = serializers.FloatField(min_value=0)
    left = Measure(digits=3)


class MinutesQuotaSerializer(SecondsQuotaSerializer):
    """How many minutes may be used; `limit` and `left` are null where there is no limit."""

    used = Measure(digits=3)


class DollarsQuotaSerializer(_Quota):
    """How many US dollars may be used; `limit` and `left` are null where there is no limit."""

    limit = Measure(digits=6)  # type: ignore[assignment]
    used = Measure(digits=6)
    left = Measure(digits=6)


class QuotasSerializer(serializers.Serializer[Limits]):
    """What the caller may use. Orders beyond it are refused, but for `running`: what goes beyond that waits."""

    jobs_per_day = QuotaSerializer(
        help_text="Jobs ordered today. What failed or was canceled for free is given back."
    )
    seconds_per_day = SecondsQuotaSerializer(
        help_text="Seconds of music ordered today, all variations and takes."
    )
    queued = QuotaSerializer(help_text="Jobs that wait for their turn.")
    running = QuotaSerializer(help_text="Jobs that are being made.")
    stored_minutes = MinutesQuotaSerializer(
        help_text="Minutes of music that are stored, and of that which waits to be made. Deleting tracks makes room."
    )
    usd_per_day = DollarsQuotaSerializer(
        help_text="Spent today on engines that cost money: what is known, and what is expected of jobs under way."
    )


class UsageSerializer(serializers.Serializer[Usage]):
    """What the caller has used."""

    today = PeriodSerializer()
    last_30_days = PeriodSerializer(source="last_days", help_text="With today.")
    queued = serializers.IntegerField(min_value=0, help_text="Jobs that wait for their turn now.")
    running = serializers.IntegerField(min_value=0, help_text="Jobs that are being made now.")
    stored = StoredSerializer(source="*")
    limits = serializers.SerializerMethodField()

    @extend_schema_field(QuotasSerializer)
    def get_limits(self, usage: Usage) -> Any:
        return QuotasSerializer(self.context["limits"]).data
