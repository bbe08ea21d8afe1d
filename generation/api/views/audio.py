"""`GET /audio/{id}`: the one short address of audio, outside `/api`."""

import uuid

from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import SCHEME, HasScope
from generation.api import quick_audio
from generation.api.problems import Problem
from generation.api.throttling import count_call, user_caller
from generation.models import Track
from generation.models.job_states import Status
from generation.storage import storage_of
from generation.tracks import delivery


class Audio(APIView):
    """The audio of a completed job, or of a track, for a session or a token; for anyone else it is not there."""

    permission_classes = [HasScope]

    def dispatch(self, request: HttpRequest, pk: uuid.UUID) -> HttpResponseBase:
        """Answer by `quick_audio` where a token asks and all is plain, else as any view of the API does."""
        scheme, _, secret = request.headers.get("Authorization", "").partition(" ")
        found = quick_audio.find(secret, pk) if request.method == "GET" and scheme == SCHEME else None
        if found is None or count_call(request, user_caller(found.user_id)).is_over:
            return super().dispatch(request, pk=pk)
        request.user_id = found.user_id  # type: ignore[attr-defined]  # for the access log
        url = delivery.sign(storage_of(found.storage_type), found.storage_key, found.master_format)
        return HttpResponse(status=302, headers=_headers(request, url))

    @extend_schema(exclude=True)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """Go to the signed URL of the master of the job's first track, or of the track that has this id."""
        is_it = Q(pk=pk) | Q(job_id=pk, job__status=Status.COMPLETED)
        track = Track.objects.visible_to(request.user).filter(is_it).order_by("index").first()
        signed = delivery.deliver(track, track.master_format) if track else None
        if signed is None:
            raise Problem(status.HTTP_404_NOT_FOUND, "audio_not_found", "There is no audio here.")
        return Response(status=status.HTTP_302_FOUND, headers=_headers(request, signed.url))


def _headers(request: HttpRequest | Request, url: str) -> dict[str, str]:
    return {"Location": request.build_absolute_uri(url), "Cache-Control": "no-store"}
