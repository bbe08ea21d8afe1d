"""For tests, one more address of the site: it reports which modules its process has loaded.

`GET /loaded-modules?import=NAME` imports NAME first.
"""

import importlib
import sys
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, JsonResponse

PATH = "/loaded-modules"


class LoadedModulesMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path != PATH:
            return self._get_response(request)
        for name in request.GET.getlist("import"):
            if name:
                importlib.import_module(name)
        return JsonResponse(sorted(sys.modules), safe=False)
