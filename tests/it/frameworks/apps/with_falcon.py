"""Falcon has two applications: `app` is the one of WSGI, `asgi` that of ASGI."""

import asyncio
import time

import falcon
import falcon.asgi
import shop


class Item:
    def on_get(self, request, response, number):
        time.sleep(shop.PAUSE)
        response.media = shop.item(number)


class AsyncItem:
    async def on_get(self, request, response, number):
        await asyncio.sleep(shop.PAUSE)
        response.media = shop.item(number)


class Fail:
    def on_get(self, request, response):
        shop.fail()


class AsyncFail:
    async def on_get(self, request, response):
        shop.fail()


app = falcon.App()
app.add_route("/items/{number:int}", Item())
app.add_route("/fail", Fail())

asgi = falcon.asgi.App()
asgi.add_route("/items/{number:int}", AsyncItem())
asgi.add_route("/fail", AsyncFail())
