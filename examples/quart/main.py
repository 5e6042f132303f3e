import logging

from quart import Quart, abort

app = Quart(__name__)
log = logging.getLogger("shop")


@app.get("/")
async def index():
    return "hello"


@app.get("/items/<int:item>")
async def read_item(item):
    if item > 100:
        log.warning("no item %d", item)
        abort(404)
    return {"item": item}
