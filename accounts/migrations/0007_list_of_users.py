from django.db import migrations, models

from musicgen.index_operations import AddIndexAside


class Migration(migrations.Migration):

    atomic = False
    dependencies = [
        ("accounts", "0005_themes_and_sessions"),
    ]

    operations = [
        AddIndexAside(
            model_name='user',
            index=models.Index(fields=['date_joined', 'id', 'is_guest', 'is_staff', 'is_active', 'deleted_at'], name='user_list'),
        ),
    ]
