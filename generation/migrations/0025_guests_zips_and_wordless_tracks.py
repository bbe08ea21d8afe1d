from django.conf import settings
from django.db import migrations, models
from django.db.models.functions import Coalesce


class Migration(migrations.Migration):

    dependencies = [
        ("generation", "0024_deleted_tracks_keep_links"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='archive',
            name='address_key',
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='archive',
            name='holder_id',
            field=models.GeneratedField(db_persist=True, expression=Coalesce('address_key', 'owner_id'), output_field=models.UUIDField()),
        ),
        migrations.AddIndex(
            model_name='archive',
            index=models.Index(fields=['holder_id', '-created_at'], name='archive_by_holder'),
        ),
    ]
