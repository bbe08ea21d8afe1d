"""`/playlists`: tracks of one's own in an order of one's own."""

import uuid
from typing import Any, cast

from django.db.models import Prefetch, QuerySet
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
from generation.api import playlist_docs
from generation.api.body import body_of
from generation.api.filters import StrictFilterBackend
from generation.api.pagination import CursorPages
from generation.api.problems import Problem
from generation.api.serializers.playlist import (
    PlaylistAdditionSerializer,
    PlaylistChangesSerializer,
    PlaylistMoveSerializer,
    PlaylistOrderSerializer,
    PlaylistSerializer,
)
from generation.api.serializers.track import TrackSerializer
from generation.engines.request import FieldError
from generation.models import Playlist, PlaylistEntry, Track
from generation.models.playlist import PlaylistFull, PlaylistQuerySet

PRIVATE = {"Cache-Control": "private, no-cache"}


class PlaylistFilters(FilterSet):
    """`GET /playlists` and `GET /playlists/{id}/tracks` have pages and no filters."""


class Playlists(ListAPIView[Playlist]):
    serializer_class = PlaylistSerializer
    filter_backends = (StrictFilterBackend,)
    filterset_class = PlaylistFilters
    pagination_class = CursorPages
    queryset = Playlist.objects.all()

    def get_queryset(self) -> PlaylistQuerySet:
        return Playlist.objects.visible_to(self.request.user).with_facts()

    @extend_schema(**playlist_docs.LIST_PLAYLISTS)
    def get(self, request: Request) -> Response:
        """The caller's playlists, those first that were changed last."""
        return super().get(request)

    @extend_schema(**playlist_docs.CREATE_PLAYLIST)
    def post(self, request: Request) -> Response:
        """Make an empty playlist."""
        order = PlaylistOrderSerializer(data=body_of(request))
        order.is_valid(raise_exception=True)
        try:
            made = Playlist.objects.all().make(cast(User, request.user), **order.validated_data)
        except PlaylistFull as refused:
            raise _full(refused, "too_many_playlists") from None
        response = _answer(request, made.pk, status.HTTP_201_CREATED)
        response["Location"] = request.build_absolute_uri(reverse("api:playlist", args=[made.pk]))
        return response


class PlaylistDetail(APIView):
    @extend_schema(**playlist_docs.READ_PLAYLIST)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """The playlist; its tracks are at `urls.tracks`."""
        return _answer(request, pk)

    @extend_schema(**playlist_docs.CHANGE_PLAYLIST)
    def patch(self, request: Request, pk: uuid.UUID) -> Response:
        """Give the playlist another title."""
        playlist = _own(request, pk)
        changes = PlaylistChangesSerializer(data=body_of(request))
        changes.is_valid(raise_exception=True)
        if "title" in changes.validated_data:
            playlist.rename(changes.validated_data["title"])
        return _answer(request, pk)

    @extend_schema(**playlist_docs.DELETE_PLAYLIST)
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """Delete the playlist. Its tracks stay."""
        if not _own(request, pk).discard():
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


class PlaylistTracks(ListAPIView[PlaylistEntry]):
    serializer_class = TrackSerializer  # type: ignore[assignment]  # of the entries' tracks
    filter_backends = (StrictFilterBackend,)
    filterset_class = PlaylistFilters
    pagination_class = CursorPages
    queryset = PlaylistEntry.objects.all()

    def get_queryset(self) -> QuerySet[PlaylistEntry]:
        tracks = Track.objects.with_job("engine").defer("peaks")
        return _own(self.request, self.kwargs["pk"]).tracks.prefetch_related(Prefetch("track", tracks))

    def paginate_queryset(self, queryset: Any) -> list[Track]:  # type: ignore[override]
        return [entry.track for entry in super().paginate_queryset(queryset) or ()]

    @extend_schema(**playlist_docs.LIST_PLAYLIST_TRACKS)
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        """The tracks of the playlist, in its order."""
        return super().get(request)

    @extend_schema(**playlist_docs.ADD_TRACKS)
    def post(self, request: Request, pk: uuid.UUID) -> Response:
        """Put tracks at the end of the playlist: all of them, or none where one is not there."""
        playlist = _own(request, pk)
        addition = PlaylistAdditionSerializer(data=body_of(request))
        addition.is_valid(raise_exception=True)
        wanted = addition.validated_data["track_ids"]
        found = Track.objects.visible_to(request.user).only("pk").in_bulk(wanted)
        if missing := [track_id for track_id in wanted if track_id not in found]:
            message = f"There is no track {missing[0]}, or it is not yours."
            raise Problem.in_fields([FieldError("track_ids", "not_found", message)])
        try:
            playlist.add(found[track_id] for track_id in wanted)
        except PlaylistFull as refused:
            raise _full(refused, "playlist_full") from None
        return _answer(request, pk)


class PlaylistTrack(APIView):
    @extend_schema(**playlist_docs.REMOVE_TRACK)
    def delete(self, request: Request, pk: uuid.UUID, track_id: uuid.UUID) -> Response:
        """Take a track out of the playlist. The track stays."""
        if _own(request, pk).remove(track_id) is None:
            raise Http404
        return Response(status=status.HTTP_204_NO_CONTENT)


class PlaylistMove(APIView):
    @extend_schema(**playlist_docs.MOVE_TRACK)
    def post(self, request: Request, pk: uuid.UUID, track_id: uuid.UUID) -> Response:
        """Put a track of the playlist in front of another, or at the end."""
        playlist = _own(request, pk)
        move = PlaylistMoveSerializer(data=body_of(request))
        move.is_valid(raise_exception=True)
        before = move.validated_data["before"]
        if not playlist.entries.filter(track_id=track_id).exists():
            raise Http404
        if not playlist.move(track_id, before=before):
            message = f"The track {before} is not in this playlist."
            raise Problem.in_fields([FieldError("before", "not_found", message)])
        return _answer(request, pk)


def _own(request: Request, pk: uuid.UUID) -> Playlist:
    return get_object_or_404(Playlist.objects.visible_to(request.user), pk=pk)


def _answer(request: Request, pk: uuid.UUID, status_code: int = status.HTTP_200_OK) -> Response:
    playlist = get_object_or_404(Playlist.objects.visible_to(request.user).with_facts(), pk=pk)
    data: dict[str, Any] = PlaylistSerializer(playlist, context={"request": request}).data
    return Response(data, status_code, headers=PRIVATE)


def _full(refused: PlaylistFull, code: str) -> Problem:
    return Problem(status.HTTP_409_CONFLICT, code, str(refused))
