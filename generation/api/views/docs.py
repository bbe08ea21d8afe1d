"""`/openapi.json` and `/docs`: the API describes itself."""

from functools import cache
from typing import Any

from django.http import HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiJsonRenderer2
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.renderers import TemplateHTMLRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.api.reference import Reference, reference_of


class OpenApi(APIView):
    """The document that programs read, the same for everyone."""

    permission_classes = (AllowAny,)
    renderer_classes = (OpenApiJsonRenderer2,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """OpenAPI 3.1."""
        site = {"url": request.build_absolute_uri("/").rstrip("/"), "description": "This site"}
        document = {**_document(), "servers": [site]}
        return Response(document, headers={"Cache-Control": "public, max-age=300"})


class Docs(APIView):
    """The page that people read, where every call can be tried."""

    permission_classes = (AllowAny,)
    renderer_classes = (TemplateHTMLRenderer,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> Response:
        """All calls and schemas of the document."""
        context = {"reference": _reference(), "info": _document()["info"]}
        return Response(context, template_name="api/docs.html")

    def options(self, request: Request) -> HttpResponse:  # type: ignore[override]
        """The methods. What REST framework would tell beside them has no place in this page's template."""
        return HttpResponse()


@cache
def _document() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)


@cache
def _reference() -> Reference:
    return reference_of(_document())
