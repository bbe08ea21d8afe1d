"""`/usage`: what the caller has used."""

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.models import User
from generation.api import account_docs
from generation.api.serializers.usage import UsageSerializer
from generation.models.quotas import Holder, Limits
from generation.models.usage import Usage as UserUsage
from musicgen.client_address import client_key


class Usage(APIView):
    @extend_schema(**account_docs.READ_USAGE)
    def get(self, request: Request) -> Response:
        """Jobs, seconds of music and cost, today (UTC) and in the last 30 days; what waits, runs and is stored now.

        `limits` says how much of it may be used; those of guests are counted for all guests of their address together.
        """
        holder = Holder.of(cast(User, request.user), client_key(request))
        usage = UsageSerializer(UserUsage.of(request.user), context={"limits": Limits.of(holder)})
        return Response(usage.data, headers={"Cache-Control": "private, no-cache"})
