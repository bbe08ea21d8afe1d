from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0025_guests_zips_and_wordless_tracks"),
    ]

    operations = [
        migrations.AddField(
            model_name="track",
            name="warned_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
