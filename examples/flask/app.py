import logging

from flask import Flask, abort

app = Flask(__name__)
log = logging.getLogger("shop")


@app.get("/")
def index():
    return "hello"


@app.get("/items/<int:item>")
def read_item(item):
    if item > 100:
        log.warning("no item %d", item)
        abort(404)
    return {"item": item}
