"""`/tokens`: the caller's keys to this API."""

import uuid
from typing import cast

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

from accounts.managers import ApiTokenQuerySet
from accounts.models import ApiToken, User
from accounts.token_rules import NotIssued
from generation.api import account_docs
from generation.api.body import body_of
from generation.api.filters import StrictFilterBackend
from generation.api.pagination import CursorPages
from generation.api.problems import Problem
from generation.api.serializers.token import (
    TokenChangesSerializer,
    TokenOrderSerializer,
    TokenSerializer,
)

NOT_KEPT = {"Cache-Control": "no-store"}


class TokenFilters(FilterSet):
    """`GET /tokens` has pages and no filters."""


class Tokens(ListAPIView[ApiToken]):
    serializer_class = TokenSerializer
    filter_backends = (StrictFilterBackend,)
    filterset_class = TokenFilters
    pagination_class = CursorPages
    queryset = ApiToken.objects.all()

    def get_queryset(self) -> ApiTokenQuerySet:
        return ApiToken.objects.visible_to(self.request.user)

    @extend_schema(**account_docs.LIST_TOKENS)
    def get(self, request: Request) -> Response:
        """The caller's tokens, the newest first, with those that have expired and without those that were revoked."""
        return super().get(request)

    @extend_schema(**account_docs.CREATE_TOKEN)
    def post(self, request: Request) -> Response:
        """Make a token. Its secret is in this answer and in no other."""
        order = TokenOrderSerializer(data=body_of(request))
        order.is_valid(raise_exception=True)
        by = request.auth if isinstance(request.auth, ApiToken) else None
        try:
            token, secret = ApiToken.objects.issue(cast(User, request.user), by=by, **order.validated_data)
        except NotIssued as refused:
            limit = refused.code == "too_many_tokens"
            status_code = status.HTTP_409_CONFLICT if limit else status.HTTP_403_FORBIDDEN
            raise Problem(status_code, refused.code, str(refused)) from None
        address = request.build_absolute_uri(reverse("api:token", args=[token.pk]))
        data = {**TokenSerializer(token).data, "secret": secret}
        return Response(data, status.HTTP_201_CREATED, headers={**NOT_KEPT, "Location": address})


class TokenDetail(APIView):
    @extend_schema(**account_docs.READ_TOKEN)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """The token, without its secret."""
        return _answer(_own(request, pk))

    @extend_schema(**account_docs.CHANGE_TOKEN)
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        """Give the token another name. What it may do, and until when, stays as it is."""
        token = _own(request, pk)
        changes = TokenChangesSerializer(data=body_of(request))
        changes.is_valid(raise_exception=True)
        name = changes.validated_data.get("name")
        if name is not None and not token.rename(name):
            raise Http404
        return _answer(token)

    @extend_schema(**account_docs.REVOKE_TOKEN)
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """Revoke the token: from now on whoever uses it gets 401. A token may revoke itself."""
        if not _own(request, pk).revoke():
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


def _own(request: Request, pk: uuid.UUID) -> ApiToken:
    return get_object_or_404(ApiToken.objects.visible_to(request.user), pk=pk)


def _answer(token: ApiToken) -> Response:
    return Response(TokenSerializer(token).data, headers={"Cache-Control": "private, no-cache"})
