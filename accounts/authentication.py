"""How a program proves who it is to the API: `Authorization: Bearer <token>`."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from accounts import rates
from accounts.models import ApiToken, User
from accounts.token_rules import TokenRefused
from musicgen.client_address import client_network

if TYPE_CHECKING:  # the views of REST framework import this module, for its settings name it
    from drf_spectacular.openapi import AutoSchema
    from rest_framework.views import APIView

SCHEME = "Bearer"


class TokenAuthentication(BaseAuthentication):
    """Recognises API tokens. A request without one is left to the next way to authenticate."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        """The token's user and the token. Raises AuthenticationFailed if there is a token and it is no good.

        Raises Throttled where too many were no good that came from this address; one that is good passes always.
        """
        scheme, _, secret = request.headers.get("Authorization", "").strip().partition(" ")
        if scheme.lower() != SCHEME.lower():
            return None
        secret = secret.strip()
        if not secret or " " in secret:
            raise AuthenticationFailed(
                "The Authorization header is malformed: it must hold “Bearer”, a space and one API token."
            )
        try:
            token = ApiToken.objects.authenticate(secret)
        except TokenRefused as refused:
            tried = rates.count("bad-token", client_network(request), settings.BAD_TOKEN_RATE)
            if tried.is_over:
                raise Throttled(tried.wait) from None
            raise AuthenticationFailed(str(refused), refused.code) from None
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return SCHEME


class HasScope(BasePermission):
    """A token needs the scope `read` to look and `write` to change. A session may do both."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        token = request.auth
        if not isinstance(token, ApiToken):
            return True
        scope = ApiToken.Scope.READ if request.method in SAFE_METHODS else ApiToken.Scope.WRITE
        self.message = f"This API token lacks the scope “{scope}”. Use one that has it."
        return token.may(scope)


class TokenScheme(OpenApiAuthenticationExtension):
    """Describes the tokens in the OpenAPI document."""

    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: "AutoSchema") -> dict[str, Any]:
        return {
            "type": "http",
            "scheme": SCHEME.lower(),
            "description": "An API token, made on the account page (`/accounts/`), by `POST /tokens` or by "
            "`manage.py create_token`. One with the scope `read` may make safe calls (GET), one with `write` all "
            "others. The pages of this site may use their session in its place, with its CSRF token.",
        }
