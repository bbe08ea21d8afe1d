"""`/tracks`: find music, hear it, put it in order, delete it."""

import uuid
from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.utils.decorators import method_decorator
from django.views.decorators.gzip import gzip_page
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.generics import ListAPIView
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation import jobs
from generation.api import endpoint_docs
from generation.api.audio_query import AudioQuery, truth_in
from generation.api.body import body_of
from generation.api.conditional import changed_meanwhile, check_conditions, etag_of, if_changed, must_match
from generation.api.filters import StrictFilterBackend, TrackFilters
from generation.api.include import includes_audio_url
from generation.api.pagination import CursorPages
from generation.api.problems import Problem
from generation.api.score_docs import TRACK_SCORE
from generation.api.serializers.score import score_json
from generation.api.serializers.track import (
    SignedAudioSerializer,
    TrackChangesSerializer,
    TrackSerializer,
)
from generation.audio.peaks import Peaks
from generation.models import Track
from generation.models.track_queries import TrackQuerySet
from generation.models.track_sharing import NotShared
from generation.tracks import delivery, scores
from generation.tracks.rendition_requests import take_failure
from generation.tracks.scores import MIDI_TYPE

ASK_AGAIN_SECONDS = 2
# After it could not be made.
TRY_AGAIN_SECONDS = 30
FOR_EVER = {"Cache-Control": "private, max-age=31536000, immutable", "Vary": "Authorization"}


class Tracks(ListAPIView[Track]):
    serializer_class = TrackSerializer
    filter_backends = (StrictFilterBackend,)
    filterset_class = TrackFilters
    pagination_class = CursorPages
    queryset = Track.objects.all()

    def get_queryset(self) -> TrackQuerySet:
        return _visible(self.request)

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "audio_urls": includes_audio_url(self.request)}

    @extend_schema(**endpoint_docs.LIST_TRACKS)
    def get(self, request: Request) -> Response:
        """The caller's tracks, the newest first unless `ordering` says otherwise."""
        return super().get(request)


class TrackDetail(APIView):
    @extend_schema(**endpoint_docs.READ_TRACK)
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponseBase:
        """The track and what was measured of it. With `include` it has no `ETag`, for its addresses change."""
        if includes_audio_url(request):
            check_conditions(request)
            track = get_object_or_404(_visible(request), pk=pk)
            return Response(_shown(request, track, audio_urls=True), headers=_not_kept({}))
        response = _answer(request, pk)
        return if_changed(request, response, response["ETag"])

    @extend_schema(**endpoint_docs.CHANGE_TRACK)
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        """Rename, tag, mark or share the track. What is left out stays as it is.

        With `If-Match` only if it still is as you have read it.
        """
        track = get_object_or_404(_visible(request), pk=pk)
        changes = TrackChangesSerializer(data=body_of(request))
        changes.is_valid(raise_exception=True)
        only_as_seen = must_match(request, _etag(request, track))
        try:
            is_changed = track.edit(**changes.validated_data, only_as_seen=only_as_seen)
        except NotShared as refused:
            raise Problem(status.HTTP_403_FORBIDDEN, refused.code, str(refused)) from None
        if only_as_seen and not is_changed:
            raise changed_meanwhile()
        return _answer(request, pk)

    @extend_schema(**endpoint_docs.DELETE_TRACK)
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """Delete the track for good, and the audio that is stored of it.

        With `If-Match` only if it still is as you have read it.
        """
        track = get_object_or_404(_visible(request), pk=pk)
        only_as_seen = must_match(request, _etag(request, track))
        if not jobs.delete_track(track=track, only_as_seen=only_as_seen) and only_as_seen:
            raise changed_meanwhile()
        return Response(status=status.HTTP_204_NO_CONTENT)


class TrackAudio(APIView):
    @extend_schema(**endpoint_docs.TRACK_AUDIO)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """Go to a signed URL of the audio, or be given it, if JSON is accepted. 202 while the format is being made."""
        track = get_object_or_404(_visible(request), pk=pk)
        asked = AudioQuery.of(request)
        answer = _signed_audio(request, track, asked)
        if asked.as_json or answer.status_code != status.HTTP_200_OK:
            return answer
        return Response(status=status.HTTP_302_FOUND, headers=_not_kept({"Location": answer.data["url"]}))


class TrackAudioUrl(APIView):
    @extend_schema(**endpoint_docs.TRACK_AUDIO_URL)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """Be given a signed URL of the audio. 202 while the format is being made: ask again after `retry_after`."""
        track = get_object_or_404(_visible(request), pk=pk)
        return _signed_audio(request, track, AudioQuery.of(request))


@method_decorator(gzip_page, name="dispatch")
class TrackScore(APIView):
    @extend_schema(**TRACK_SCORE)
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponseBase:
        """The track's bars, sections, chords and notes, in seconds of its audio. They never change."""
        track = get_object_or_404(_visible(request, "input"), pk=pk)
        response = Response(score_json(track), headers=FOR_EVER)
        return if_changed(request, response, f'"{track.checksum[:32]}-{track.score_version}"')


class TrackMidi(APIView):
    @extend_schema(**endpoint_docs.TRACK_MIDI)
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponse:
        """The track's score as a Standard MIDI File, to be saved.

        Its notes stand where they are heard. With `quantised` they stand where they are written, on the grid of the
        beat, straight and as loud as written: for notation, or to give them another feel.
        """
        track = get_object_or_404(_visible(request, "input"), pk=pk)
        quantised = truth_in(request, "quantised")
        headers = _not_kept({"Content-Disposition": scores.midi_disposition(track, quantised=quantised)})
        notes = scores.midi_of(track, quantised=quantised)
        return HttpResponse(notes, content_type=MIDI_TYPE, headers=headers)


class TrackPeaks(APIView):
    @extend_schema(**endpoint_docs.TRACK_PEAKS)
    def get(self, request: Request, pk: uuid.UUID) -> HttpResponseBase:
        """Peaks in the JSON format of audiowaveform. They never change."""
        track = get_object_or_404(Track.objects.visible_to(request.user), pk=pk)
        peaks = Peaks(track.samples_per_pixel, bytes(track.peaks)).as_json(track.sample_rate)
        response = Response(peaks, headers=FOR_EVER)
        return if_changed(request, response, f'"{track.checksum[:32]}"')


def _signed_audio(request: Request, track: Track, asked: AudioQuery) -> Response:
    """The signed URL of a track's audio as JSON, or 202 while it is being made, once a problem where that failed."""
    signed = delivery.deliver(track, asked.format_name, download=asked.download)
    if signed is None:
        reason = take_failure(track.pk, asked.format_name)
        if reason is not None:
            raise Problem(
                status.HTTP_503_SERVICE_UNAVAILABLE,
                "audio_not_made",
                reason,
                retryable=True,
                headers=_not_kept({"Retry-After": str(TRY_AGAIN_SECONDS)}),
            )
        detail = f"The audio is being made into {asked.format_name}. Ask again in a moment."
        pending = {"detail": detail, "retry_after": ASK_AGAIN_SECONDS}
        headers = _not_kept({"Retry-After": str(ASK_AGAIN_SECONDS)})
        return Response(pending, status.HTTP_202_ACCEPTED, headers=headers)
    url = request.build_absolute_uri(signed.url)
    fields = ("content_type", "size", "expires_at")
    audio = SignedAudioSerializer({"url": url, **{name: getattr(signed, name) for name in fields}})
    return Response(audio.data, headers=_not_kept({}))


def _visible(request: Request, *of_job: str) -> TrackQuerySet:
    return Track.objects.visible_to(request.user).with_job("engine", *of_job).defer("peaks", "search_text")


def _answer(request: Request, pk: uuid.UUID) -> Response:
    """The track as it stands now, under its tag."""
    data = _shown(request, get_object_or_404(_visible(request), pk=pk))
    return Response(data, headers={"Cache-Control": "private, no-cache", "ETag": etag_of(data)})


def _etag(request: Request, track: Track) -> str:
    return etag_of(_shown(request, track))


def _shown(request: Request, track: Track, *, audio_urls: bool = False) -> dict[str, Any]:
    context = {"request": request, "audio_urls": audio_urls}
    data: dict[str, Any] = TrackSerializer(track, context=context).data
    return data


def _not_kept(headers: dict[str, str]) -> dict[str, str]:
    return {**headers, "Cache-Control": "no-store"}
