"""Reading the environment: an empty variable counts as unset, and a wrong one is named in a sentence."""

import ipaddress
import math
import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

from musicgen.addresses import Network

_TRUE = ("1", "true", "yes", "on")
_FALSE = ("0", "false", "no", "off")
_RATE = re.compile(r"[0-9]+/[smhd][a-z]*")
_NONE = "none"
_DOLLARS = r"[0-9]+(?:\.[0-9]+)?"
_REDIS_SCHEMES = ("redis", "rediss", "unix")  # those that Django's cache can be given


class Environment:
    """The variables of the environment as values of a type. Raises ImproperlyConfigured where that cannot be.

    What may hold a password is never repeated in an error. `given` has the name of each variable that was read, and
    whether it was set.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self._variables = variables
        self.given: dict[str, bool] = {}

    def text(self, name: str, default: str) -> str:
        value = self._variables.get(name, "").strip()
        self.given[name] = bool(value)
        return value or default

    def secret(self, name: str, least: int) -> str:
        """A text that others must not guess, so many characters long at least; nothing where it is unset."""
        value = self.text(name, "")
        if value and len(value) < least:
            raise ImproperlyConfigured(
                f"{name} must be at least {least} characters long, so that nobody guesses it."
            )
        return value

    def choice(self, name: str, default: str, among: tuple[str, ...]) -> str:
        value = self.text(name, default)
        if value not in among:
            raise ImproperlyConfigured(f"{name} must be one of {', '.join(among)}, not {value!r}.")
        return value

    def number(self, name: str, default: int, least: float = -math.inf, most: float = math.inf) -> int:
        value = self.text(name, str(default))
        try:
            number = int(value)
        except ValueError:
            raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}.") from None
        if not least <= number <= most:
            span = f"from {least} to {most}" if most < math.inf else f"at least {least}"
            raise ImproperlyConfigured(f"{name} must be {span}, not {number}.")
        return number

    def switch(self, name: str, default: bool) -> bool:
        value = self.text(name, str(default)).lower()
        if value not in _TRUE + _FALSE:
            raise ImproperlyConfigured(f"{name} must be “on” or “off”, not {value!r}.")
        return value in _TRUE

    def names(self, name: str, default: tuple[str, ...]) -> list[str]:
        """Values between commas."""
        return [part.strip() for part in self.text(name, ",".join(default)).split(",") if part.strip()]

    def networks(self, name: str) -> list[Network]:
        """IP networks between commas, such as "10.0.0.0/8,fd00::/8"; none by default."""
        found = []
        for part in self.names(name, ()):
            try:
                found.append(ipaddress.ip_network(part))
            except ValueError:
                raise ImproperlyConfigured(
                    f"{name} must be networks such as “10.0.0.0/8,fd00::/8”, not {part!r}."
                ) from None
        return found

    def prices(self, name: str, default: Mapping[str, str]) -> dict[str, Decimal]:
        """US dollars by what they are for, as "L40S=0.000542,H100=0.001097"; what is not named keeps its default."""
        prices = {item: Decimal(price) for item, price in default.items()}
        for part in self.names(name, ()):
            item, _, price = (word.strip() for word in part.partition("="))
            if not item or not re.fullmatch(r"\d+(\.\d+)?", price):
                raise ImproperlyConfigured(
                    f"{name} must be US dollars such as “L40S=0.000542,H100=0.001097”, not {part!r}."
                )
            prices[item] = Decimal(price)
        return prices

    def database(self, name: str, default: str) -> dict[str, Any]:
        """A database from its URL, as `DATABASES` has them."""
        url = self.text(name, default)
        try:
            if url.partition(":")[0] in environ.Env.DB_SCHEMES:
                return dict(environ.Env.db_url_config(url))
        except ValueError:  # which repeats what it takes for the port: the password, where that has a slash
            pass
        raise ImproperlyConfigured(
            f"{name} cannot be read. Write it like postgresql://USER:PASSWORD@HOST:5432/NAME, with %2F for a / in the "
            "password, %3F for a ? and %23 for a #."
        )

    def mail(self, name: str, default: str) -> dict[str, Any]:
        """How mail is sent, from a URL, as settings named EMAIL_…"""
        try:
            return dict(environ.Env.email_url_config(self.text(name, default)))
        except (ImproperlyConfigured, ValueError):
            raise ImproperlyConfigured(
                f"{name} cannot be read. Write it like smtp+tls://USER:PASSWORD@HOST:587."
            ) from None

    def redis(self, name: str, default: str) -> str:
        """The URL of a Redis."""
        url = self.text(name, default)
        if url and not (url.partition("://")[0] in _REDIS_SCHEMES and _has_port_or_none(url)):
            raise ImproperlyConfigured(
                f"{name} cannot be read. Write it like redis://USER:PASSWORD@HOST:6379/0."
            )
        return url

    def rate(self, name: str, default: str) -> str:
        """How often something may be done, as Django REST framework writes it: "1200/min"."""
        rate = self.text(name, default)
        if not _RATE.fullmatch(rate):
            raise ImproperlyConfigured(f"{name} must be a rate such as “1200/min”, not {rate!r}.")
        _check_allows_any(name, rate)
        return rate

    def rates(self, name: str, default: str) -> list[str]:
        """Rates that hold beside each other, as "60/min,600/hour"; "none" for no limit."""
        rates = self.names(name, (default,))
        if rates == [_NONE]:
            return []
        for rate in rates:
            if not _RATE.fullmatch(rate):
                raise ImproperlyConfigured(
                    f"{name} must be rates such as “60/min,600/hour”, or “none”, not {rate!r}."
                )
            _check_allows_any(name, rate)
        return rates

    def number_or_none(self, name: str, default: int | None, least: int = 0) -> int | None:
        """A whole number; None for "none", which is what it stands for in the documentation."""
        value = self.text(name, _NONE if default is None else str(default))
        if value == _NONE:
            return None
        if not value.isascii() or not value.isdecimal() or int(value) < least:
            raise ImproperlyConfigured(
                f"{name} must be a whole number, at least {least}, or “none”, not {value!r}."
            )
        return int(value)

    def dollars(self, name: str) -> Decimal | None:
        """US dollars, as "25" or "2.50"; None for "none", and where nothing is set."""
        value = self.text(name, _NONE)
        if value == _NONE:
            return None
        if not re.fullmatch(_DOLLARS, value):
            raise ImproperlyConfigured(f"{name} must be US dollars such as “2.50”, or “none”, not {value!r}.")
        return Decimal(value)

    def quota(self, name: str, default: str, least: int = 0) -> dict[str, int | None]:
        """How much each kind of user may have, as "guest:4,user:50,staff:none"; None for as much as they like.

        What is not named keeps its default, which names every kind. A bare "50" or "none" is for all of them.
        """
        given = self._by_kind(name, default, "[0-9]+")
        amounts = {kind: None if amount == _NONE else int(amount) for kind, amount in given.items()}
        for kind, amount in amounts.items():
            if amount is not None and amount < least:
                raise ImproperlyConfigured(
                    f"{name} must be at least {least}, or “none”, not '{kind}:{amount}'."
                )
        return amounts

    def dollar_quota(self, name: str, default: str) -> dict[str, Decimal | None]:
        """The same in US dollars, as "guest:0.10,user:2,staff:none"."""
        given = self._by_kind(name, default, _DOLLARS)
        return {kind: None if amount == _NONE else Decimal(amount) for kind, amount in given.items()}

    def _by_kind(self, name: str, default: str, pattern: str) -> dict[str, str]:
        amounts = dict(part.split(":") for part in default.split(","))
        for part in self.names(name, ()):
            kind, colon, amount = (word.strip() for word in part.partition(":"))
            kinds, amount = ([kind], amount) if colon else (list(amounts), kind)
            if not re.fullmatch(rf"{pattern}|{_NONE}", amount) or not amounts.keys() >= set(kinds):
                raise ImproperlyConfigured(
                    f"{name} must be amounts such as “guest:4,user:50,staff:none”, or one for all, not {part!r}."
                )
            amounts |= dict.fromkeys(kinds, amount)
        return amounts


def _check_allows_any(name: str, rate: str) -> None:
    if int(rate.partition("/")[0]) == 0:
        raise ImproperlyConfigured(
            f"{name} must be at least 1 in its time, not {rate!r}, which lets nobody in."
        )


def _has_port_or_none(url: str) -> bool:
    """Whether what stands for the port is one. The beginning of a password that has a slash is not."""
    try:
        urlsplit(url).port  # noqa: B018
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Whether a host of ALLOWED_HOSTS can only mean this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def site_url(hosts: list[str], port: int) -> str:
    """Where a site that answers to these hosts is found: by https at the first that others can reach, else here."""
    public = [host for host in hosts if not is_loopback(host) and not host.startswith((".", "*"))]
    return f"https://{public[0]}" if public else f"http://127.0.0.1:{port}"
