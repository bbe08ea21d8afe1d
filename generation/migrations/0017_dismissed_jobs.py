from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0015_what_was_asked'),
    ]

    operations = [
        migrations.AddField(
            model_name='job',
            name='dismissed_at',
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
