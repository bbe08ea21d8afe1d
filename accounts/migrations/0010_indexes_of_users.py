from django.db import migrations, models
from django.db.models import Q

from musicgen.index_operations import AddIndexAside


class Migration(migrations.Migration):
    atomic = False
    dependencies = [
        ("accounts", "0009_suspension"),
    ]

    operations = [
        AddIndexAside(
            model_name="user",
            index=models.Index(
                condition=Q(("deleted_at", None), ("is_guest", True)),
                fields=["last_used_at", "id"],
                name="user_guests_by_use",
            ),
        ),
        AddIndexAside(
            model_name="user",
            index=models.Index(
                condition=Q(("deleted_at__isnull", False)), fields=["deleted_at"], name="user_closed"
            ),
        ),
        AddIndexAside(
            model_name="user",
            index=models.Index(
                condition=Q(("suspended_at__isnull", False)), fields=["suspended_at"], name="user_suspended"
            ),
        ),
    ]
