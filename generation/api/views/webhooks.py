"""`/webhooks`: where the caller wants to hear of ended jobs, and what was delivered there."""

import uuid
from typing import cast

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django_filters import FilterSet
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from generation.api import webhook_docs
from generation.api.body import body_of
from generation.api.filters import StrictFilterBackend
from generation.api.pagination import CursorPages
from generation.api.problems import Problem
from generation.api.serializers.webhook import (
    WebhookChangesSerializer,
    WebhookDeliverySerializer,
    WebhookOrderSerializer,
    WebhookSerializer,
)
from generation.models import WebhookDelivery, WebhookEndpoint
from generation.webhooks import outbox
from generation.webhooks.endpoint import BY_OWNER, WebhookEndpointQuerySet
from generation.webhooks.removal import remove
from generation.webhooks.rules import NotAccepted

NOT_KEPT = {"Cache-Control": "no-store"}
PRIVATE = {"Cache-Control": "private, no-cache"}


class WebhookFilters(FilterSet):
    """`GET /webhooks` and `GET /webhooks/{id}/deliveries` have pages and no filters."""


class Webhooks(ListAPIView[WebhookEndpoint]):
    serializer_class = WebhookSerializer
    filter_backends = (StrictFilterBackend,)
    filterset_class = WebhookFilters
    pagination_class = CursorPages
    queryset = WebhookEndpoint.objects.all()

    def get_queryset(self) -> WebhookEndpointQuerySet:
        return WebhookEndpoint.objects.visible_to(self.request.user)

    @extend_schema(**webhook_docs.LIST_WEBHOOKS)
    def get(self, request: Request) -> Response:
        """The caller's webhooks, the newest first."""
        return super().get(request)

    @extend_schema(**webhook_docs.CREATE_WEBHOOK)
    def post(self, request: Request) -> Response:
        """Add an address to which messages about ended jobs are sent. Its secret is in this answer and in no other."""
        order = WebhookOrderSerializer(data=body_of(request))
        order.is_valid(raise_exception=True)
        try:
            endpoint, secret = WebhookEndpoint.objects.all().add(
                cast(User, request.user), jobs_url=jobs_url_of(request), **order.validated_data
            )
        except NotAccepted as refused:
            limit = refused.code == "too_many_webhooks"
            raise _problem(
                refused, status.HTTP_409_CONFLICT if limit else status.HTTP_403_FORBIDDEN
            ) from None
        address = request.build_absolute_uri(reverse("api:webhook", args=[endpoint.pk]))
        return _with_secret(endpoint, secret, status.HTTP_201_CREATED, Location=address)


class WebhookDetail(APIView):
    @extend_schema(**webhook_docs.READ_WEBHOOK)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """The webhook, without its secret."""
        return _answer(_own(request, pk))

    @extend_schema(**webhook_docs.CHANGE_WEBHOOK)
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        """Change where messages go and of what they tell, or switch the webhook off and on."""
        endpoint = _own(request, pk)
        changes = WebhookChangesSerializer(data=body_of(request))
        changes.is_valid(raise_exception=True)
        wanted = dict(changes.validated_data)
        enabled = wanted.pop("enabled", None)
        try:
            with transaction.atomic():
                if wanted and not endpoint.change(jobs_url=jobs_url_of(request), **wanted):
                    raise Http404
                if enabled is not None:
                    endpoint.enable() if enabled else endpoint.disable(BY_OWNER)
        except NotAccepted as refused:
            raise _problem(refused) from None
        return _answer(_own(request, pk))

    @extend_schema(**webhook_docs.DELETE_WEBHOOK)
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """Delete the webhook with all that is known of its deliveries. Nothing is sent there any more."""
        if not remove(_own(request, pk)):
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


class WebhookRotation(APIView):
    @extend_schema(**webhook_docs.ROTATE_SECRET)
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Make a new secret. For 24 hours messages are signed by the old one, too, so that no receiver is left behind.

        Whoever rotates twice ends the oldest at once.
        """
        endpoint = _own(request, pk)
        secret = endpoint.rotate_secret()
        if secret is None:
            raise Http404
        return _with_secret(endpoint, secret, status.HTTP_200_OK)


class WebhookTest(APIView):
    @extend_schema(**webhook_docs.SEND_TEST_MESSAGE)
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Send a message of the type `webhook.test`, once. Its delivery tells how that went."""
        try:
            delivery = outbox.send_test(_own(request, pk))
        except NotAccepted as refused:
            raise _problem(refused) from None
        if delivery is None:
            raise Http404
        return _being_sent(delivery)


class WebhookDeliveries(ListAPIView[WebhookDelivery]):
    serializer_class = WebhookDeliverySerializer
    filter_backends = (StrictFilterBackend,)
    filterset_class = WebhookFilters
    pagination_class = CursorPages
    queryset = WebhookDelivery.objects.all()

    def get_queryset(self) -> QuerySet[WebhookDelivery]:
        endpoint = _own(self.request, self.kwargs["pk"])
        return WebhookDelivery.objects.filter(endpoint=endpoint).prefetch_related("attempts")

    @extend_schema(**webhook_docs.LIST_DELIVERIES)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """The messages that are still kept, the newest first, each with the attempts to deliver it."""
        return super().get(request)


class WebhookRedelivery(APIView):
    @extend_schema(**webhook_docs.REDELIVER)
    def post(self, request: Request, pk: uuid.UUID, delivery_id: uuid.UUID) -> Response:
        """Send a message again that was delivered or has failed, under the same `webhook-id`."""
        endpoint = _own(request, pk)
        deliveries = WebhookDelivery.objects.filter(endpoint=endpoint).select_related("endpoint")
        delivery = get_object_or_404(deliveries, pk=delivery_id)
        try:
            found = delivery.send_again()
        except NotAccepted as refused:
            raise _problem(refused) from None
        if not found:
            raise Http404
        return _being_sent(delivery)


def jobs_url_of(request: Request) -> str:
    """The absolute address of the API's jobs, as the caller knows this site."""
    return request.build_absolute_uri(reverse("api:jobs"))


def _own(request: Request, pk: uuid.UUID) -> WebhookEndpoint:
    return get_object_or_404(WebhookEndpoint.objects.visible_to(request.user), pk=pk)


def _answer(endpoint: WebhookEndpoint) -> Response:
    return Response(WebhookSerializer(endpoint).data, headers=PRIVATE)


def _with_secret(endpoint: WebhookEndpoint, secret: str, status_code: int, **headers: str) -> Response:
    data = {**WebhookSerializer(endpoint).data, "secret": secret}
    return Response(data, status_code, headers={**NOT_KEPT, **headers})


def _being_sent(delivery: WebhookDelivery) -> Response:
    return Response(WebhookDeliverySerializer(delivery).data, status.HTTP_202_ACCEPTED, headers=PRIVATE)


def _problem(refused: NotAccepted, status_code: int = status.HTTP_409_CONFLICT) -> Problem:
    return Problem(status_code, refused.code, str(refused))
