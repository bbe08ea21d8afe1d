"""The addresses of the account's pages of webhooks."""

from django.urls import path

from generation.webhooks import pages

urlpatterns = [
    path("", pages.webhooks, name="webhooks"),
    path("<uuid:webhook_id>/", pages.webhook, name="webhook"),
    path("<uuid:webhook_id>/rotate", pages.rotate, name="webhook_rotate"),
    path("<uuid:webhook_id>/delete", pages.delete, name="webhook_delete"),
    path("<uuid:webhook_id>/test", pages.send_test, name="webhook_test"),
    path("<uuid:webhook_id>/switch", pages.switch, name="webhook_switch"),
    path(
        "<uuid:webhook_id>/deliveries/<uuid:delivery_id>/redeliver", pages.redeliver, name="webhook_redeliver"
    ),
]
