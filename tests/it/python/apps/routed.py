"""The same route in several frameworks."""

from bottle import Bottle
from django.conf import settings
from django.core.asgi import get_asgi_application
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path
from falcon import App
from falcon.asgi import App as AsyncApp

bottle = Bottle()


@bottle.route("/hello/<name>")
def of_bottle(name):
    return name


class OfFalcon:
    def on_get(self, request, response, name):
        response.text = name


class OfFalconAsync:
    async def on_get(self, request, response, name):
        response.text = name


falcon = App()
falcon.add_route("/hello/{name}", OfFalcon())
falcon_async = AsyncApp()
falcon_async.add_route("/hello/{name}", OfFalconAsync())

settings.configure(ROOT_URLCONF=__name__, ALLOWED_HOSTS=["*"], SECRET_KEY="none", LOGGING_CONFIG=None)
urlpatterns = [path("hello/<str:name>", lambda request, name: HttpResponse(name))]
django = get_wsgi_application()
django_async = get_asgi_application()
