from django.db import migrations, models

from generation.models.search_index import take_index_back


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0021_archives'),
    ]

    operations = [
        migrations.AddField(
            model_name='track',
            name='search_text',
            field=models.TextField(db_default='', default='', editable=False),
        ),
        migrations.RunPython(migrations.RunPython.noop, take_index_back),
    ]
