"""`/jobs`: order music, look after the order, end it, order again."""

import uuid
from collections.abc import Sequence
from typing import Any, cast

from django.conf import settings
from django.http import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import rates
from accounts.models import User
from generation import jobs
from generation.api import endpoint_docs
from generation.api.body import body_of
from generation.api.conditional import check_conditions, etag_of, if_changed
from generation.api.filters import JobFilters, StrictFilterBackend
from generation.api.idempotency import REPLAYED, order_once
from generation.api.include import includes_audio_url
from generation.api.pagination import CursorPages
from generation.api.problems import Problem
from generation.api.serializers.job import JobSerializer
from generation.api.serializers.order import OrderSerializer
from generation.api.waiting import asked_wait, tell_wait, wait_as_asked
from generation.engines.registry import UnknownEngine, get_engine
from generation.engines.request import FieldError
from generation.models import IdempotencyKey, Job
from generation.models.job_queries import JobQuerySet
from generation.models.job_states import Status
from generation.scheduling.estimates import estimates_of
from generation.scheduling.turns import positions
from generation.tracks import delivery
from musicgen.client_address import client_key, client_network

# So many places before a job are taken as worth a second of patience, up to half a minute of it.
PLACES_PER_SECOND = 4
MAX_ASK_AGAIN_SECONDS = 30


class Jobs(ListAPIView[Job]):
    """All orders of the caller, and new ones."""

    serializer_class = JobSerializer
    filter_backends = (StrictFilterBackend,)
    filterset_class = JobFilters
    pagination_class = CursorPages
    queryset = Job.objects.all()
    page_of_jobs: Sequence[Job] = ()

    def get_queryset(self) -> JobQuerySet:
        return _visible(self.request)

    def paginate_queryset(self, queryset: Any) -> Any:
        page = super().paginate_queryset(queryset)
        self.page_of_jobs = page or []
        return page

    def get_serializer_context(self) -> dict[str, Any]:
        audio_urls = includes_audio_url(self.request)
        return _context(self.request, self.page_of_jobs) | {"audio_urls": audio_urls}

    @extend_schema(**endpoint_docs.LIST_JOBS)
    def get(self, request: Request) -> Response:
        """The caller's jobs, the newest first."""
        return super().get(request)

    @extend_schema(**endpoint_docs.CREATE_JOB)
    def post(self, request: Request) -> Response:
        """Order music. Answers at once with the queued job, or, with `Prefer: wait=N`, once it has ended."""
        order = OrderSerializer(data=body_of(request))
        order.is_valid(raise_exception=True)
        asked = asked_wait(request)
        job, replayed = order_once(request, order.validated_data, lambda key: _submit(request, order, key))
        granted = wait_as_asked(request, job.pk, asked)
        response = _ordered(request, job, replayed=replayed)
        tell_wait(response, granted)
        if granted and "Retry-After" not in response:
            response.status_code = status.HTTP_201_CREATED
        return response


class JobDetail(APIView):
    @extend_schema(**endpoint_docs.READ_JOB)
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponseBase:
        """The job as it stands now, or, with `Prefer: wait=N`, once it has ended.

        Ask again after `Retry-After` seconds, while that header is there.
        """
        audio_urls = includes_audio_url(request)
        asked = asked_wait(request)
        check_conditions(request)
        response = _answer(request, pk, status.HTTP_200_OK, audio_urls=audio_urls)
        granted = wait_as_asked(request, pk, asked)
        if granted:
            response = _answer(request, pk, status.HTTP_200_OK, audio_urls=audio_urls)
        answer = if_changed(request, response, etag_of(response.data))
        tell_wait(answer, granted)
        return answer


class JobCancel(APIView):
    @extend_schema(**endpoint_docs.CANCEL_JOB)
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Cancel the job: 200 if it has ended so, 202 if its worker has yet to stop."""
        job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
        asked = jobs.cancel(job=job)
        if not asked and job.status != Status.CANCELED:
            raise Problem(
                status.HTTP_409_CONFLICT,
                "not_cancelable",
                f"Only a job that has not ended can be canceled; this one is {job.status}.",
            )
        ended = job.status == Status.CANCELED
        return _answer(request, pk, status.HTTP_200_OK if ended else status.HTTP_202_ACCEPTED)


class JobRetry(APIView):
    @extend_schema(**endpoint_docs.RETRY_JOB)
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Order the same again, with the same seed: a new job, which names this one in `retry_of`."""
        job = get_object_or_404(Job.objects.visible_to(request.user), pk=pk)
        again, replayed = order_once(request, {}, lambda key: _retry(request, job, key))
        return _ordered(request, again, replayed=replayed)


class JobAudio(APIView):
    @extend_schema(**endpoint_docs.JOB_AUDIO)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """Go to the signed URL of the master of the job's first track."""
        job = get_object_or_404(Job.objects.visible_to(request.user).with_tracks(), pk=pk)
        first = next(iter(job.kept_tracks), None)
        signed = delivery.deliver(first, first.master_format) if first else None
        if signed is None:
            raise Problem(
                status.HTTP_404_NOT_FOUND,
                "audio_not_found",
                f"This job has no audio; it is {job.status}.",
                retryable=job.is_active,
            )
        return Response(
            status=status.HTTP_302_FOUND,
            headers={"Location": request.build_absolute_uri(signed.url), "Cache-Control": "no-store"},
        )


def _visible(request: Request) -> JobQuerySet:
    return Job.objects.visible_to(request.user).with_tracks()


def _answer(request: Request, pk: uuid.UUID, status_code: int, *, audio_urls: bool = False) -> Response:
    """The job as it stands now, with its address if it is new or still under way, and when to ask again."""
    job = get_object_or_404(_visible(request), pk=pk)
    context = _context(request, [job]) | {"audio_urls": audio_urls}
    data = JobSerializer(job, context=context).data
    response = Response(data, status_code, headers={"Cache-Control": "private, no-cache"})
    if status_code == status.HTTP_202_ACCEPTED:
        response["Location"] = data["urls"]["self"]
    if job.is_active:
        response["Retry-After"] = str(_ask_again_seconds(data["queue_position"]))
    return response


def _ask_again_seconds(position: int | None) -> int:
    """After how many seconds asking again makes sense, the later the longer the queue before the job."""
    return min(MAX_ASK_AGAIN_SECONDS, 1 + ((position or 1) - 1) // PLACES_PER_SECOND)


def _ordered(request: Request, job: Job, *, replayed: bool) -> Response:
    """The job as it stands now, whether this request has made it or an earlier one."""
    response = _answer(request, job.pk, status.HTTP_202_ACCEPTED)
    if replayed:
        response[REPLAYED] = "true"
    return response


def _context(request: Request, shown: Sequence[Job]) -> dict[str, Any]:
    """What showing these jobs needs, read for all of them at once."""
    places = positions(shown)
    return {"request": request, "positions": places, "estimates": estimates_of(shown, places)}


def _submit(request: Request, order: OrderSerializer, key: IdempotencyKey | None) -> Job:
    alias = order.engine_name or settings.GENERATION_ENGINE
    try:
        music = order.request_for(get_engine(alias).capabilities)
        return jobs.submit(
            owner=cast(User, request.user),
            request=music,
            engine=alias,
            key=key,
            address_key=_counted_address(request),
        )
    except UnknownEngine as error:
        raise Problem.in_fields([FieldError("engine", "unknown", str(error))]) from error


def _retry(request: Request, job: Job, key: IdempotencyKey | None) -> Job:
    try:
        return jobs.retry(job=job, key=key, address_key=_counted_address(request))
    except jobs.NotRetryable as error:
        raise Problem(status.HTTP_409_CONFLICT, "not_retryable", str(error)) from error
    except UnknownEngine as error:
        raise Problem(status.HTTP_409_CONFLICT, "engine_unavailable", str(error)) from error


def _counted_address(request: Request) -> uuid.UUID | None:
    """What stands for the address of a guest, whose order is counted for it; None for a user's. Raises TooOften."""
    if not cast(User, request.user).is_guest:
        return None
    rates.check("order", client_network(request), settings.ORDER_RATE)
    return client_key(request)
