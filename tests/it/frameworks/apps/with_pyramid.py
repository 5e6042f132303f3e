import time

import shop
from pyramid.config import Configurator


def read_item(request):
    time.sleep(shop.PAUSE)
    return shop.item(int(request.matchdict["number"]))


def fail(request):
    shop.fail()


with Configurator() as config:
    config.add_route("item", "/items/{number}")
    config.add_view(read_item, route_name="item", renderer="json")
    config.add_route("fail", "/fail")
    config.add_view(fail, route_name="fail")
    app = config.make_wsgi_app()
