import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):
    """The guests that there are count as having been here at the moment of the migration."""

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
    ]
