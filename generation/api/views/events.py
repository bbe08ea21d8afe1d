"""`/events` and `/jobs/{id}/events`: what happens to jobs, as it happens (server-sent events)."""

import uuid
from typing import cast

from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from generation.api import stream_docs
from generation.api.streams.cursor import Cursor
from generation.api.streams.feed import Feed
from generation.api.streams.opening import opened
from generation.api.streams.watcher import Watcher
from generation.models import Job


class Events(APIView):
    @extend_schema(**stream_docs.READ_EVENTS)
    def get(self, request: Request) -> HttpResponseBase:
        """What happens to all of the caller's jobs, as it happens. The stream goes on until the client leaves."""
        return opened(request, Feed(cast(User, request.user).pk, cursor=_cursor(request)))


class JobEvents(APIView):
    @extend_schema(**stream_docs.READ_JOB_EVENTS)
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponseBase:
        """What happens to the job, as it happens. The stream ends with the job."""
        job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
        cursor = _cursor(request)
        if cursor is not None and not job.is_active:
            states = Watcher().look([Feed(job.owner_id, job.pk)])
            if not states:  # its row has gone since
                raise Http404
            if states[0].digest in cursor.digests:
                # What tells the client of a browser not to connect again.
                return HttpResponse(status=status.HTTP_204_NO_CONTENT)
        return opened(request, Feed(job.owner_id, job.pk, cursor))


def _cursor(request: Request) -> Cursor | None:
    return Cursor.parse(request.headers.get("Last-Event-ID", ""))
