"""`/archives`: many tracks as one zip. No token is given all that is kept of a user: the account page alone is."""

import uuid
from typing import cast

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from generation.api import archive_docs
from generation.api.body import body_of
from generation.api.problems import Problem
from generation.api.serializers.archive import ArchiveOrderSerializer, ArchiveSerializer
from generation.archives import ordering
from generation.archives.delivery import signed_url
from generation.archives.ordering import ArchiveRefused, NotTheirs
from generation.engines.request import FieldError
from generation.models import Archive
from generation.models.archive import ArchiveKind
from musicgen.client_address import client_key

ASK_AGAIN = {"Retry-After": "2"}
NOT_KEPT = {"Cache-Control": "no-store"}


class Archives(APIView):
    @extend_schema(**archive_docs.CREATE_ARCHIVE)
    def post(self, request: Request) -> Response:
        """Have your tracks put into one zip, in one format. It is made in a while, and kept until `expires_at`."""
        order = ArchiveOrderSerializer(data=body_of(request))
        order.is_valid(raise_exception=True)
        ids, format_name = order.validated_data["track_ids"], order.validated_data["format"]
        try:
            made = ordering.order_tracks(
                owner=cast(User, request.user),
                track_ids=ids,
                format_name=format_name,
                address_key=client_key(request),
            )
        except NotTheirs as missing:
            raise Problem.in_fields([FieldError("track_ids", "not_found", str(missing))]) from None
        except ArchiveRefused as refused:
            raise _too_many(refused) from None
        shown = _shown(request, made)
        headers = {**NOT_KEPT, **ASK_AGAIN, "Location": shown["urls"]["self"]}
        return Response(shown, status.HTTP_202_ACCEPTED, headers=headers)


class ArchiveDetail(APIView):
    @extend_schema(**archive_docs.READ_ARCHIVE)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """How far the zip is, and where it will be found."""
        archive = _own(request, pk)
        return Response(
            _shown(request, archive), headers={**NOT_KEPT, **(ASK_AGAIN if archive.is_unended else {})}
        )


class ArchiveFile(APIView):
    @extend_schema(**archive_docs.READ_ARCHIVE_FILE)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """Go to a signed URL of the zip."""
        archive = _own(request, pk)
        if archive.has_failed:
            raise Problem(status.HTTP_409_CONFLICT, "archive_failed", archive.error)
        if not archive.is_ready:
            detail = "The zip is still being made. Ask for it again in a few seconds."
            raise Problem(
                status.HTTP_409_CONFLICT, "archive_not_ready", detail, retryable=True, headers=ASK_AGAIN
            )
        url = request.build_absolute_uri(signed_url(archive))
        return Response(status=status.HTTP_302_FOUND, headers={**NOT_KEPT, "Location": url})


def _own(request: Request, pk: uuid.UUID) -> Archive:
    return get_object_or_404(Archive.objects.visible_to(request.user).filter(kind=ArchiveKind.TRACKS), pk=pk)


def _shown(request: Request, archive: Archive) -> dict[str, dict[str, str]]:
    data: dict[str, dict[str, str]] = ArchiveSerializer(archive, context={"request": request}).data
    return data


def _too_many(refused: ArchiveRefused) -> Problem:
    code = "quota_exceeded" if refused.is_daily else "concurrency_limited"
    headers = {"Retry-After": str(refused.retry_after)}
    return Problem(status.HTTP_429_TOO_MANY_REQUESTS, code, str(refused), retryable=True, headers=headers)
