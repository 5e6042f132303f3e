import logging

from django.http import Http404, HttpResponse, JsonResponse
from django.urls import path

log = logging.getLogger("shop")


def index(request):
    return HttpResponse("hello")


def read_item(request, item):
    if item > 100:
        log.warning("no item %d", item)
        raise Http404
    return JsonResponse({"item": item})


urlpatterns = [path("", index), path("items/<int:item>", read_item)]
