import logging

from bottle import Bottle, abort

app = Bottle()
log = logging.getLogger("shop")


@app.get("/")
def index():
    return "hello"


@app.get("/items/<item:int>")
def read_item(item):
    if item > 100:
        log.warning("no item %d", item)
        abort(404)
    return {"item": item}
