from django.db import migrations, models

from musicgen.index_operations import AddIndexAside, RemoveIndexAside


class Migration(migrations.Migration):

    atomic = False
    dependencies = [
        ("generation", "0029_requests_of_jobs"),
    ]

    operations = [
        AddIndexAside(
            model_name='job',
            index=models.Index(condition=models.Q(('status', 'queued')), fields=['created_at'], name='job_waiting'),
        ),
        AddIndexAside(
            model_name='job',
            index=models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['finished_at'], name='job_finished'),
        ),
        AddIndexAside(
            model_name='job',
            index=models.Index(fields=['created_at', 'id', 'status', 'engine', 'genre', 'error_code', 'call_state', 'owner', 'cost_usd'], name='job_list'),
        ),
        RemoveIndexAside(
            model_name='job',
            name='job_by_age',
        ),
        AddIndexAside(
            model_name='job',
            index=models.Index(condition=models.Q(('request_id', ''), _negated=True), fields=['request_id'], name='job_request'),
        ),
        AddIndexAside(
            model_name='job',
            index=models.Index(condition=models.Q(('call_id', ''), _negated=True), fields=['call_id'], name='job_call'),
        ),
        AddIndexAside(
            model_name='jobevent',
            index=models.Index(condition=models.Q(('kind', 'call')), fields=['text'], name='event_call'),
        ),
        AddIndexAside(
            model_name='track',
            index=models.Index(fields=['created_at', '-index', '-id', 'genre', 'storage_type', 'visibility', 'deleted_at', 'owner'], name='track_list'),
        ),
    ]
