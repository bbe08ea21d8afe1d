from django.db import migrations, models

from musicgen.index_operations import add_aside, remove_aside

# Django's own table has none by which the newest lines are found, or those about one thing.
INDEXES = (
    models.Index(fields=["action_time", "id", "user", "action_flag", "content_type"], name="staff_log_list"),
    models.Index(fields=["object_id"], name="staff_log_object"),
)


def add_indexes(apps, schema_editor):
    for index in INDEXES:
        add_aside(schema_editor, apps.get_model("admin", "LogEntry"), index)


def remove_indexes(apps, schema_editor):
    for index in INDEXES:
        remove_aside(schema_editor, apps.get_model("admin", "LogEntry"), index)


class Migration(migrations.Migration):

    atomic = False
    dependencies = [
        ("generation", "0033_missing_masters"),
        ("admin", "0003_logentry_add_action_flag_choices"),
    ]

    operations = [
        migrations.RunPython(add_indexes, remove_indexes),
    ]
