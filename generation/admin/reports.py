"""Reports about shared tracks: what visitors say is wrong, and what the operator does about it."""

from django.contrib import admin, messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from generation import jobs
from generation.admin.read_only import ReadOnlyAdmin, moment, player, shared_page
from generation.admin.tracks import SHARING_ENDED
from generation.models import Track, TrackReport
from musicgen.admin_lists import Owner, When, page_of
from musicgen.admin_log import log_change


@admin.register(TrackReport)
class TrackReportAdmin(ReadOnlyAdmin):
    """Every report, with the track to listen to. Either its sharing ends, or nothing was wrong."""

    list_display = ("reason", "title", "listen", "owner", "words", "reported", "handled")
    list_filter = (Owner, ("handled_at", admin.EmptyFieldListFilter), "reason", When)
    list_select_related = ("track__owner", "track__job")
    owner_path = "track__owner"
    ids_in = ("track_id",)
    words_in = ("words",)
    search_help_text = (
        "The id of a report, of its track or the track's owner, an e-mail address, or words of the report"
    )
    actions = ("end_sharing", "leave_shared")
    fields = ("reason", "words", "title", "listen", "link", "owner", "reported", "handled")

    def get_queryset(self, request: HttpRequest) -> QuerySet[TrackReport]:
        return super().get_queryset(request).prefetch_related("track__renditions").defer("track__peaks")

    @admin.action(description="End the sharing of these tracks for good", permissions=["view"])
    def end_sharing(self, request: HttpRequest, queryset: QuerySet[TrackReport]) -> None:
        reports = TrackReport.objects.filter(pk__in=list(queryset.values_list("pk", flat=True)))
        keys = list(dict.fromkeys(reports.order_by().values_list("track_id", flat=True)))
        with transaction.atomic():
            ended = jobs.end_sharing(tracks=Track.objects.filter(pk__in=keys))
            log_change(request.user, Track, keys, SHARING_ENDED)
        self.message_user(request, f"{ended} tracks are not shared any more.", messages.SUCCESS)

    @admin.action(description="Nothing is wrong: leave them shared", permissions=["view"])
    def leave_shared(self, request: HttpRequest, queryset: QuerySet[TrackReport]) -> None:
        with transaction.atomic():
            open_reports = TrackReport.objects.open().filter(
                pk__in=list(queryset.values_list("pk", flat=True))
            )
            keys = list(open_reports.select_for_update().values_list("pk", flat=True))
            handled = TrackReport.objects.filter(pk__in=keys).handle(timezone.now())
            log_change(request.user, TrackReport, keys, "Nothing is wrong: left shared.")
        self.message_user(request, f"{handled} reports are dealt with.", messages.SUCCESS)

    @admin.display(description="track")
    def title(self, report: TrackReport) -> SafeString:
        return page_of(report.track, report.track.title or f"Deleted track {str(report.track_id)[:8]}")

    @admin.display
    def listen(self, report: TrackReport) -> SafeString | str:
        return player(report.track)

    @admin.display
    def link(self, report: TrackReport) -> SafeString | str:
        return shared_page(report.track)

    @admin.display(ordering="track__owner")
    def owner(self, report: TrackReport) -> SafeString:
        return page_of(report.track.owner)

    @admin.display(ordering="created_at")
    def reported(self, report: TrackReport) -> SafeString:
        return moment(report.created_at)

    @admin.display(ordering="handled_at")
    def handled(self, report: TrackReport) -> SafeString | str:
        return moment(report.handled_at) if report.handled_at else "not yet"
