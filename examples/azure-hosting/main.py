"""The application that all start commands here start; there is no telemetry in it."""

import logging

from fastapi import FastAPI

app = FastAPI()
log = logging.getLogger("shop")


@app.get("/")
def index():
    return "ready"


# Azure Functions calls its functions below /api.
@app.get("/api/items/{item}")
@app.get("/items/{item}")
def read_item(item: int):
    if item > 100:
        log.warning("no item %d", item)
    return {"item": item}
