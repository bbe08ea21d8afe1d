"""Where mail cannot be sent, no link that opens an account is written anywhere."""

import pytest
from django.core import mail

from accounts import checks
from musicgen.tests.commands import manage

RESET = "/accounts/password/reset/"
PUBLIC = {
    "ALLOWED_HOSTS": "music.example.org",
    "SECRET_KEY": "correct-horse-battery-staple-0123456789-abcdefghijklmnop",
}


def test_a_public_site_without_mail_refuses_a_reset_and_says_what_to_do(client, alice, settings):
    settings.IS_PUBLIC = True
    page = client.get(RESET)
    assert "cannot send mail" in page.text
    assert "EMAIL_URL" in page.text
    assert "<form" not in page.text.partition("<main")[2].partition("</main>")[0]
    refused = client.post(RESET, {"email": alice.email})
    assert refused.status_code == 403
    assert "cannot send mail" in refused.text
    assert mail.outbox == []


def test_with_mail_it_is_sent(client, alice, settings):
    settings.IS_PUBLIC, settings.EMAIL_URL = True, "smtp://mail.example.org"
    assert client.post(RESET, {"email": alice.email}).status_code == 302
    assert [each.to for each in mail.outbox] == [[alice.email]]


def test_on_this_machine_it_is_printed(client, alice, settings):
    assert not settings.IS_PUBLIC
    assert client.post(RESET, {"email": alice.email}).status_code == 302
    assert "/accounts/password/reset/key/" in str(mail.outbox[0].body)


def test_an_address_is_changed_without_mail_by_the_password_alone(client, alice, settings):
    settings.IS_PUBLIC = True
    client.force_login(alice)
    client.post("/accounts/email/", {"email": "new@example.org", "password": "a long enough secret"})
    assert mail.outbox == []
    alice.refresh_from_db()
    assert alice.email == "new@example.org"


@pytest.mark.parametrize("url", ["", "consolemail://"])
def test_the_deploy_check_warns_where_mail_goes_nowhere(tmp_path, url):
    warned = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **PUBLIC, EMAIL_URL=url)
    assert warned.returncode == 1
    assert "accounts.W001" in warned.stderr
    assert "EMAIL_URL" in warned.stderr


def test_the_deploy_check_is_content_with_mail_and_on_this_machine(settings):
    assert checks.mail_can_be_sent() == []
    settings.IS_PUBLIC, settings.EMAIL_URL = True, "smtp://mail.example.org"
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    assert checks.mail_can_be_sent() == []


def test_the_deploy_check_warns_where_the_admin_opens_to_a_password(settings):
    settings.IS_PUBLIC = settings.STAFF_MFA_REQUIRED = True
    assert checks.staff_need_a_second_factor() == []
    settings.STAFF_MFA_REQUIRED = False
    [warning] = checks.staff_need_a_second_factor()
    assert warning.id == "accounts.W002"


def test_nobody_floods_a_mailbox(client, alice, settings):
    settings.EMAIL_URL = "smtp://mail.example.org"
    statuses = [client.post(RESET, {"email": alice.email}).status_code for _ in range(6)]
    assert statuses == [302] * 5 + [429]
    assert len(mail.outbox) == 5
