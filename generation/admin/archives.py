"""Archives: zips that users have ordered, how far they are, and why one could not be made."""

from django.contrib import admin
from django.utils.safestring import SafeString

from generation.admin.filters import formats
from generation.admin.read_only import NOTHING, ReadOnlyAdmin, megabytes, moment
from generation.models import Archive
from musicgen.admin_lists import Owner, When, offered, page_of


@admin.register(Archive)
class ArchiveAdmin(ReadOnlyAdmin):
    """Every zip of the last day, those that are being made first to be found by their state."""

    list_display = ("kind", "state", "whose", "tracks", "format", "percent", "file_size", "ordered", "error")
    list_filter = (Owner, "state", "kind", offered("format", "format", formats), When)
    list_select_related = ("owner",)
    owner_path = "owner"
    search_help_text = "The id of a zip or of its owner, or an e-mail address"
    fields = (
        *("id", "kind", "state", "owner", "tracks", "format", "percent", "file_size", "error"),
        *("attempt", "failures", "maker", "lease_until", "run_after"),
        *("storage_type", "name", "created_at", "expires_at", "deleted_at", "purged_at"),
    )

    @admin.display(description="owner")
    def whose(self, archive: Archive) -> SafeString:
        return page_of(archive.owner)

    @admin.display(description="tracks")
    def tracks(self, archive: Archive) -> str:
        return NOTHING if archive.is_everything else str(len(archive.track_ids))

    @admin.display(description="size")
    def file_size(self, archive: Archive) -> SafeString | str:
        return megabytes(archive.size) if archive.size else NOTHING

    @admin.display(ordering="created_at")
    def ordered(self, archive: Archive) -> SafeString:
        return moment(archive.created_at)
