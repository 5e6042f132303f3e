import logging

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Mount, Route

log = logging.getLogger("shop")


async def index(request):
    return PlainTextResponse("hello")


async def read_item(request):
    item = request.path_params["item"]
    if item > 100:
        log.warning("no item %d", item)
        raise HTTPException(404)
    return JSONResponse({"item": item})


app = Starlette(routes=[Route("/", index), Mount("/items", routes=[Route("/{item:int}", read_item)])])
