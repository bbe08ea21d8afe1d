from django.db import migrations, models
from django.db.models import Q

from musicgen.index_operations import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("generation", "0027_retention"),
    ]

    operations = [
        AddIndexAside(
            model_name="track",
            index=models.Index(
                condition=Q(("deleted_at", None), ("search_text", "")), fields=["id"], name="track_wordless"
            ),
        ),
        AddIndexAside(
            model_name="job",
            index=models.Index(
                condition=Q(("expected_usd__isnull", False)), fields=["created_at"], name="job_paid"
            ),
        ),
        AddIndexAside(
            model_name="track",
            index=models.Index(
                condition=Q(
                    ("deleted_at", None), ("favorite", False), ("visibility", "private"), ("warned_at", None)
                ),
                fields=["created_at", "id"],
                name="track_ageing",
            ),
        ),
        AddIndexAside(
            model_name="track",
            index=models.Index(
                condition=Q(("deleted_at", None), ("warned_at__isnull", False)),
                fields=["warned_at"],
                name="track_warned",
            ),
        ),
    ]
