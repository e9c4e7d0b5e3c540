"""An address under ``/api/`` where there is nothing: said in the API's own way."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.urls import resolve
from django.utils.translation import gettext as _
from django.views.decorators.csrf import csrf_exempt

from api.errors import PROBLEM, problem


@csrf_exempt
def unknown(request: HttpRequest) -> HttpResponse:
    """Answer 404 as problem details; lead a reader who forgot the last slash to the address."""
    if not request.path_info.endswith("/"):
        with_slash = f"{request.path_info}/"
        if request.method in ("GET", "HEAD") and resolve(with_slash).func is not unknown:
            query = request.META.get("QUERY_STRING", "")
            return HttpResponseRedirect(f"{request.path}/?{query}" if query else f"{request.path}/")
    answer = problem("not_found", _("There is nothing at this address."), 404)
    return JsonResponse(
        answer.data,
        status=404,
        content_type=PROBLEM,
        json_dumps_params={"ensure_ascii": False},
    )
