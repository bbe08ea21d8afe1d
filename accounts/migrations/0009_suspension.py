from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    """Users who were locked out before by hand are inactive as they were; lifting lets them in, too."""

    dependencies = [
        ("accounts", "0008_last_use"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="suspended_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="suspended"),
        ),
        migrations.AddField(
            model_name="user",
            name="suspension_reason",
            field=models.CharField(
                blank=True, db_default="", editable=False, help_text="For the eyes of staff.", max_length=300
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="is_active",
            field=models.BooleanField(
                default=True, help_text="Not so while suspended, and once closed.", verbose_name="active"
            ),
        ),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.CheckConstraint(
                condition=Q(("suspended_at", None), ("is_active", False), _connector="OR"),
                name="user_suspended_is_not_active",
                violation_error_message="A suspended user is not active. Lift the suspension first.",
            ),
        ),
    ]
