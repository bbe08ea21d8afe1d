from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("generation", "0035_master_formats"),
    ]

    operations = [
        migrations.AddField(
            model_name="track",
            name="time_signature",
            field=models.CharField(blank=True, db_default="", default="", max_length=10),
        ),
    ]
