"""The addresses of the account pages, under the names by which django-allauth looks them up."""

from allauth.account import views as allauth_views
from allauth.mfa.recovery_codes import views as recovery_codes
from allauth.mfa.totp import views as totp
from django.urls import path, re_path

from accounts import email_pages, second_factor_pages, sign_up_pages, theme, token_pages, views
from accounts.second_factor_pages import of_account

urlpatterns = [
    path("", token_pages.account, name="account"),
    path("tokens/<uuid:token_id>/revoke", token_pages.revoke, name="token_revoke"),
    path("theme", theme.choose, name="account_theme"),
    path("email/", email_pages.change_email, name="account_change_email"),
    path("confirm-email/<str:key>", email_pages.confirm_email, name="account_email_confirm"),
    path("login/", views.LoginView.as_view(), name="account_login"),
    path("logout/", allauth_views.LogoutView.as_view(), name="account_logout"),
    path("signup/", views.sign_up, name="account_signup"),
    path("confirm-signup/<str:key>", sign_up_pages.finish, name="account_signup_confirm"),
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
    path(
        "password/again/",
        of_account(allauth_views.ReauthenticateView.as_view()),
        name="account_reauthenticate",
    ),
    path("second-factor/", second_factor_pages.overview, name="mfa_index"),
    path("second-factor/enter/", second_factor_pages.enter, name="mfa_authenticate"),
    path(
        "second-factor/again/",
        of_account(second_factor_pages.AgainView.as_view()),
        name="mfa_reauthenticate",
    ),
    path("second-factor/on/", second_factor_pages.SetUpView.as_view(), name="mfa_activate_totp"),
    path("second-factor/off/", of_account(totp.deactivate_totp), name="mfa_deactivate_totp"),
    path(
        "second-factor/codes/", of_account(recovery_codes.view_recovery_codes), name="mfa_view_recovery_codes"
    ),
    path(
        "second-factor/codes/new/",
        of_account(recovery_codes.generate_recovery_codes),
        name="mfa_generate_recovery_codes",
    ),
    path(
        "second-factor/codes/file/",
        of_account(recovery_codes.download_recovery_codes),
        name="mfa_download_recovery_codes",
    ),
]
