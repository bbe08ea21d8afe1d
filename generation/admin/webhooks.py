"""Webhooks and what was delivered to them, to look at. Nothing here shows a secret, or more of a URL than its host."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString

from generation.admin.inlines import ReadOnlyInline
from generation.admin.read_only import NOTHING, ReadOnlyAdmin, moment, seconds
from generation.models import WebhookAttempt, WebhookDelivery, WebhookEndpoint
from musicgen.admin_lists import Owner, When, page_of
from musicgen.scrubbing import scrubbed


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """Where users want to hear of ended jobs, and whether that works."""

    list_display = ("origin", "whose", "life", "events", "added")
    list_select_related = ("owner",)
    list_filter = (
        Owner,
        ("disabled_at", admin.EmptyFieldListFilter),
        ("failing_since", admin.EmptyFieldListFilter),
        When,
    )
    owner_path = "owner"
    search_help_text = "The id of a webhook or of its owner, or an e-mail address"
    fields = (
        *("id", "owner", "origin", "description", "events", "life", "failing_since"),
        *("disabled_at", "disabled_reason", "old_secret_until", "created_at"),
    )

    @admin.display
    def origin(self, endpoint: WebhookEndpoint) -> str:
        return endpoint.origin

    @admin.display(description="owner")
    def whose(self, endpoint: WebhookEndpoint) -> SafeString:
        return page_of(endpoint.owner)

    @admin.display(description="state")
    def life(self, endpoint: WebhookEndpoint) -> str:
        return "enabled" if endpoint.is_enabled else "disabled"

    @admin.display(ordering="created_at")
    def added(self, endpoint: WebhookEndpoint) -> SafeString:
        return moment(endpoint.created_at)


class AttemptsOfDelivery(ReadOnlyInline):
    """Every request to the receiver."""

    model = WebhookAttempt
    fields = readonly_fields = ("at", "status_code", "took", "error", "answered")

    @admin.display
    def took(self, attempt: WebhookAttempt) -> SafeString:
        return seconds(attempt.duration)

    @admin.display
    def answered(self, attempt: WebhookAttempt) -> str:
        return scrubbed(attempt.answer)


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(ReadOnlyAdmin):
    """Messages, and how the attempts to deliver them went."""

    list_display = ("type", "status", "to", "owner", "attempts_made", "written", "due")
    list_select_related = ("endpoint__owner",)
    list_filter = (Owner, "status", "type", When)
    owner_path = "endpoint__owner"
    ids_in = ("endpoint_id",)
    search_help_text = "The id of a delivery, a webhook or its owner, or an e-mail address"
    fields = (
        *("id", "type", "status", "endpoint", "owner", "body", "attempts_made"),
        *("next_attempt_at", "lease_owner", "created_at", "ended_at"),
    )
    inlines = (AttemptsOfDelivery,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[WebhookDelivery]:
        return super().get_queryset(request).select_related("endpoint__owner")

    @admin.display(description="webhook")
    def to(self, delivery: WebhookDelivery) -> SafeString:
        return page_of(delivery.endpoint)

    @admin.display
    def owner(self, delivery: WebhookDelivery) -> SafeString:
        return page_of(delivery.endpoint.owner)

    @admin.display(ordering="created_at")
    def written(self, delivery: WebhookDelivery) -> SafeString:
        return moment(delivery.created_at)

    @admin.display(description="next attempt", ordering="next_attempt_at")
    def due(self, delivery: WebhookDelivery) -> SafeString | str:
        return moment(delivery.next_attempt_at) if delivery.next_attempt_at else NOTHING
