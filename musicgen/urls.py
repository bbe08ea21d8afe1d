"""Where everything answers."""

from allauth.mfa.models import Authenticator
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.urls import include, path, re_path

from generation.api.error_handler import unknown_route
from generation.api.views.audio import Audio
from generation.monitoring.page import metrics
from musicgen.health import healthz, readyz
from musicgen.settings_page import settings_in_force

admin.site.site_header = admin.site.site_title = settings.SITE_NAME
admin.site.index_title = "Administration"
# A list of all there is beside every page would leave no room for the columns.
admin.site.enable_nav_sidebar = False
# Forms for django-q2's tables could have a worker call any function. What waits and who works, the dashboard shows.
admin.site.unregister(
    [model for model in apps.get_app_config("django_q").get_models() if admin.site.is_registered(model)]
)
# It would show what codes are made from. The admin of users removes second factors.
admin.site.unregister(Authenticator)

urlpatterns = [
    path("", include("generation.web.urls")),
    path("api/v1/", include("generation.api.urls")),
    path("audio/<uuid:pk>", Audio.as_view(), name="audio"),
    path("accounts/webhooks/", include("generation.webhooks.urls")),
    path("accounts/", include("accounts.urls")),
    path("admin/settings/", admin.site.admin_view(settings_in_force), name="settings_in_force"),
    path("admin/", admin.site.urls),
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    # Other versions of the API, and its root without a slash: no page answers below it.
    re_path(r"^api(?:/|$)", unknown_route),
]

handler400 = "musicgen.errors.bad_request"
handler403 = "musicgen.errors.permission_denied"
handler404 = "musicgen.errors.not_found"
handler500 = "musicgen.errors.server_error"
