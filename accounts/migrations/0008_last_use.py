import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models
from django.db.models import Q

from musicgen.index_operations import AddIndexAside


class Migration(migrations.Migration):
    """The guests that there are count as having been here at the moment of the migration."""

    atomic = False
    dependencies = [
        ("accounts", "0007_list_of_users"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="last_used_at",
            field=models.DateTimeField(
                db_default=django.db.models.functions.datetime.Now(),
                default=django.utils.timezone.now,
                editable=False,
            ),
        ),
        migrations.AddField(
            model_name="user",
            name="track_mail_after",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
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
    ]
