from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("generation", "0028_retention_indexes"),
    ]

    operations = [
        migrations.AddField(
            model_name='job',
            name='request_id',
            field=models.CharField(blank=True, db_default='', default='', editable=False, max_length=64),
        ),
    ]
