"""What can become of a delivery."""

from django.db.models import TextChoices


class DeliveryStatus(TextChoices):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
