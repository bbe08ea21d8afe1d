"""Writes down by which words the tracks that are there are found."""

from django.db import migrations, transaction

from generation.models.track_search import SOURCES, search_text_of

AT_ONCE = 1000


def fill(apps, schema_editor):
    """In steps of their own transactions, so that nobody waits long; begun again it goes on where it was."""
    connection = schema_editor.connection
    track_model = apps.get_model('generation', 'Track')
    left = track_model.objects.using(connection.alias).filter(deleted_at=None, search_text='').order_by('pk')
    last = None
    while True:
        rows = left.filter(pk__gt=last) if last else left
        with transaction.atomic(using=connection.alias):
            # A title that is changed meanwhile waits, and is written down again by the one who changes it.
            found = list(rows.select_for_update(no_key=True).only('pk', *SOURCES)[:AT_ONCE])
            if not found:
                return
            key = track_model._meta.pk
            values = [(search_text_of(track), key.get_db_prep_value(track.pk, connection)) for track in found]
            with connection.cursor() as cursor:
                cursor.executemany('UPDATE generation_track SET search_text = %s WHERE id = %s', values)
        last = found[-1].pk


class Migration(migrations.Migration):

    atomic = False
    dependencies = [
        ('generation', '0022_search_text'),
    ]

    operations = [
        migrations.RunPython(fill, migrations.RunPython.noop, elidable=True),
    ]
