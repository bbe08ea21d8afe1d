"""Light or dark, as the device has it or as was chosen: drawn by the server, so that nothing flashes."""

import re
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts.models import User
from accounts.theme import COOKIE

ROOT = re.compile(r'<html lang="en"([^>]*)>')
TOKENS = Path(django_settings.BASE_DIR) / "static" / "css" / "tokens.css"


def root_of(client: Client, page: str = "/accounts/login/") -> str:
    match = ROOT.search(client.get(page).content.decode())
    assert match
    return match[1].strip()


def choose(client: Client, theme: str, **more: str) -> str:
    return str(client.post("/accounts/theme", {"theme": theme, **more})["Location"])


def test_at_first_it_is_as_the_device_has_it(client, db):
    assert root_of(client) == ""
    page = client.get("/accounts/login/").content.decode()
    assert page.count('<meta name="theme-color"') == 2
    assert '<meta name="color-scheme" content="light dark">' in page


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_visitor_keeps_it_in_a_cookie(client, db, theme):
    assert choose(client, theme) == "/accounts/"
    assert root_of(client) == f'data-theme="{theme}"'
    page = client.get("/accounts/login/").content.decode()
    assert page.count('<meta name="theme-color"') == 1
    assert f'<meta name="color-scheme" content="{theme}">' in page
    choose(client, "system")
    assert root_of(client) == ""
    assert not client.cookies[COOKIE].value


def test_an_account_keeps_it_wherever_it_logs_in(client, alice):
    client.force_login(alice)
    choose(client, "dark")
    alice.refresh_from_db()
    assert alice.theme == "dark"
    elsewhere = Client()
    elsewhere.force_login(alice)
    elsewhere.cookies[COOKIE] = "light"
    assert root_of(elsewhere, "/accounts/") == 'data-theme="dark"', "the account's counts, not the browser's"
    client.post("/accounts/logout/")
    assert root_of(client) == 'data-theme="dark"', "the log-in page is drawn the same"


def test_a_guest_keeps_it_in_the_cookie_alone(client, db):
    guest = User.objects.create_guest()
    client.force_login(guest)
    choose(client, "dark")
    guest.refresh_from_db()
    assert guest.theme == "system"
    assert root_of(client, "/accounts/") == 'data-theme="dark"'


def test_nothing_else_can_be_chosen_or_gone_to(client, alice):
    client.force_login(alice)
    assert choose(client, "sepia", next="https://elsewhere.example/") == "/accounts/"
    alice.refresh_from_db()
    assert alice.theme == "system"
    assert choose(client, "light", next="/library/") == "/library/"
    client.cookies[COOKIE] = '"><script>'
    client.logout()
    assert "<script>" not in root_of(client)


def test_dark_is_the_same_by_device_and_by_choice():
    text = TOKENS.read_text()
    by_device = re.search(r":root:not\(\[data-theme=\"light\"\]\) \{(.*?)\}", text, re.DOTALL)
    by_choice = re.search(r":root\[data-theme=\"dark\"\] \{(.*?)\}", text, re.DOTALL)
    assert by_device
    assert by_choice
    values = [re.findall(r"--[\w-]+: [^;]+", found[1]) for found in (by_device, by_choice)]
    assert values[0] == values[1]
    assert len(values[0]) > 10
