import os

from django.http import HttpResponse
from django.urls import path


def hello(request, name):
    return HttpResponse(name)


def pid(request):
    return HttpResponse(str(os.getpid()))


urlpatterns = [path("hello/<str:name>", hello), path("pid", pid)]
