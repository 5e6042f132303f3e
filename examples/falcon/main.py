import logging

import falcon

log = logging.getLogger("shop")


class Index:
    def on_get(self, request, response):
        response.text = "hello"


class Item:
    def on_get(self, request, response, item):
        if item > 100:
            log.warning("no item %d", item)
            raise falcon.HTTPNotFound
        response.media = {"item": item}


app = falcon.App()
app.add_route("/", Index())
app.add_route("/items/{item:int}", Item())
