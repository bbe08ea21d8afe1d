"""`GET /audio/{id}`: the one short address of audio, outside `/api`."""

import uuid

from django.db.models import Q
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import HasScope
from generation.api.problems import Problem
from generation.audio.formats import MASTER_FORMAT
from generation.models import Track
from generation.models.job_states import Status
from generation.tracks import delivery


class Audio(APIView):
    """The audio of a completed job, or of a track, for a session or a token; for anyone else it is not there."""

    permission_classes = [HasScope]

    @extend_schema(exclude=True)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """Go to the signed URL of the job's first track, or of the track that has this id."""
        is_it = Q(pk=pk) | Q(job_id=pk, job__status=Status.COMPLETED)
        track = Track.objects.visible_to(request.user).filter(is_it).order_by("index").first()
        signed = delivery.deliver(track, MASTER_FORMAT) if track else None
        if signed is None:
            raise Problem(status.HTTP_404_NOT_FOUND, "audio_not_found", "There is no audio here.")
        return Response(
            status=status.HTTP_302_FOUND,
            headers={"Location": request.build_absolute_uri(signed.url), "Cache-Control": "no-store"},
        )
