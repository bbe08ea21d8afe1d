from django.conf import settings
from django.db import migrations, models
from django.db.models import Q


def end_sharing(apps, schema_editor):
    """Before, no deleted track might have a link."""
    tracks = apps.get_model("generation", "Track").objects.using(schema_editor.connection.alias)
    tracks.exclude(deleted_at=None).update(visibility="private", share_key=None)


def constraint(**still_there):
    is_private = Q(visibility="private", share_key=None)
    is_shared = Q(~Q(visibility="private"), share_key__isnull=False, sharing_barred=False, **still_there)
    return models.CheckConstraint(name="track_has_link_while_shared", condition=is_private | is_shared)


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0023_search_text_filled"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(model_name="track", name="track_has_link_while_shared"),
        migrations.RunPython(migrations.RunPython.noop, end_sharing, elidable=True),
        migrations.AddConstraint(model_name="track", constraint=constraint(purged_at=None)),
    ]
