import logging

from pyramid.config import Configurator
from pyramid.httpexceptions import HTTPNotFound
from pyramid.response import Response

log = logging.getLogger("shop")


def index(request):
    return Response("hello")


def read_item(request):
    item = int(request.matchdict["item"])
    if item > 100:
        log.warning("no item %d", item)
        raise HTTPNotFound
    return {"item": item}


with Configurator() as config:
    config.add_route("index", "/")
    config.add_view(index, route_name="index")
    config.add_route("item", "/items/{item}")
    config.add_view(read_item, route_name="item", renderer="json")
    app = config.make_wsgi_app()
