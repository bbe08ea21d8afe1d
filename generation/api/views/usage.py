"""`/usage`: what the caller has used."""

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.api import account_docs
from generation.api.serializers.usage import UsageSerializer
from generation.models.usage import Usage as UserUsage


class Usage(APIView):
    @extend_schema(**account_docs.READ_USAGE)
    def get(self, request: Request) -> Response:
        """Jobs, seconds of music and cost, today (UTC) and in the last 30 days; what waits, runs and is stored now."""
        data = UsageSerializer(UserUsage.of(request.user)).data
        return Response(data, headers={"Cache-Control": "private, no-cache"})
