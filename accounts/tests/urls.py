"""The site's own addresses, and three more that do what pages and API views of other rooms do."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.guests import GuestsNotAllowed, ordering_user
from accounts.rates import TooOften
from musicgen.urls import urlpatterns as site


class OrderRefused(Exception):
    """The order came to nothing."""


def make_music(request: HttpRequest) -> HttpResponse:
    """A page that needs somebody to own what it makes."""
    try:
        with ordering_user(request) as user:
            if "break" in request.POST:
                raise OrderRefused
    except GuestsNotAllowed:
        return redirect("account_login")
    except (OrderRefused, TooOften) as refused:
        return JsonResponse({"refused": type(refused).__name__}, status=429)
    return JsonResponse({"id": str(user.pk), "guest": user.is_guest})


class Echo(APIView):
    """An API view under the site's default authentication and permissions."""

    @extend_schema(responses=OpenApiTypes.STR)
    def get(self, request: Request) -> Response:
        return Response(str(request.user))

    @extend_schema(request=None, responses=OpenApiTypes.STR)
    def post(self, request: Request) -> Response:
        return Response(str(request.user))


urlpatterns = [
    path("make-music", make_music),
    path("echo", Echo.as_view()),
    *site,
]
