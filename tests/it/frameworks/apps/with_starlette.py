import asyncio

import shop
from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.routing import Route


async def read_item(request):
    await asyncio.sleep(shop.PAUSE)
    return JSONResponse(shop.item(int(request.path_params["number"])))


async def fail(request):
    shop.fail()


app = Starlette(routes=[Route("/items/{number}", read_item), Route("/fail", fail)])
