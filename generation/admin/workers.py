"""Workers: who makes the music right now."""

from django.contrib import admin
from django.utils import timezone

from generation.admin.read_only import ReadOnlyAdmin
from generation.models import Worker
from generation.models.worker import STALE_AFTER


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin):
    """Every worker process that has shown itself lately, and whether it lives."""

    list_display = ("__str__", "life", "slots", "started_at", "seen_at")
    time_field = "started_at"
    search_fields = ()
    fields = ("id", "host", "pid", "slots", "life", "started_at", "seen_at")

    @admin.display(description="state", ordering="seen_at")
    def life(self, worker: Worker) -> str:
        silent = timezone.now() - worker.seen_at
        return "alive" if silent < STALE_AFTER else f"silent for {round(silent.total_seconds())} s"
