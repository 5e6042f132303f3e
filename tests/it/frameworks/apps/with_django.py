"""A project in one file: application of ASGI and of WSGI, and manage.py."""

import asyncio
import os
import sys
import time

import django
import shop
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import JsonResponse
from django.urls import path

settings.configure(
    ALLOWED_HOSTS=["*"], ROOT_URLCONF="with_django", SECRET_KEY="none", DEBUG="runserver" in sys.argv
)
# `python with_django.py` is the module of the routes, too.
sys.modules["with_django"] = sys.modules[__name__]
django.setup()


def read_item(request, number):
    time.sleep(shop.PAUSE)
    return JsonResponse(shop.item(number))


async def read_item_async(request, number):
    await asyncio.sleep(shop.PAUSE)
    return JsonResponse(shop.item(number))


def fail(request):
    shop.fail()


urlpatterns = [
    path("items/<int:number>", read_item_async if os.environ.get("ASYNC") else read_item),
    path("fail", fail),
]
asgi = get_asgi_application()
wsgi = get_wsgi_application()

if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)
