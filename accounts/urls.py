"""The addresses of the account pages, under the names by which django-allauth looks them up."""

from allauth.account import views as allauth_views
from django.urls import path, re_path

from accounts import email_pages, theme, token_pages, views

urlpatterns = [
    path("", token_pages.account, name="account"),
    path("tokens/<uuid:token_id>/revoke", token_pages.revoke, name="token_revoke"),
    path("theme", theme.choose, name="account_theme"),
    path("email/", email_pages.change_email, name="account_change_email"),
    path("confirm-email/<str:key>", email_pages.confirm_email, name="account_email_confirm"),
    path("login/", views.LoginView.as_view(), name="account_login"),
    path("logout/", allauth_views.LogoutView.as_view(), name="account_logout"),
    path("signup/", views.SignupView.as_view(), name="account_signup"),
    path("inactive/", allauth_views.AccountInactiveView.as_view(), name="account_inactive"),
    path("password/change/", views.PasswordChangeView.as_view(), name="account_change_password"),
    path("password/reset/", views.PasswordResetView.as_view(), name="account_reset_password"),
    path("password/reset/done/", views.PasswordResetDoneView.as_view(), name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        views.PasswordResetFromKeyView.as_view(),
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/",
        allauth_views.PasswordResetFromKeyDoneView.as_view(),
        name="account_reset_password_from_key_done",
    ),
]
