from django.db import migrations, models


def fill(apps, schema_editor):
    """Orders that wait or are being made count for what they will leave stored."""
    jobs = apps.get_model("generation", "Job").objects.using(schema_editor.connection.alias)
    for job in jobs.filter(status__in=("queued", "processing")).only("input").iterator():
        asked = job.input
        seconds = (asked.get("duration") or 0) * (asked.get("variations") or 1)
        jobs.filter(pk=job.pk).update(stored_seconds=seconds)


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0026_tracks_warned_at"),
        ("accounts", "0008_last_use"),
    ]

    operations = [
        migrations.AddField(
            model_name="job",
            name="stored_seconds",
            field=models.FloatField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="job",
            name="expected_usd",
            field=models.DecimalField(blank=True, decimal_places=6, max_digits=10, null=True),
        ),
        migrations.AddField(
            model_name="job",
            name="calls_begun",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
