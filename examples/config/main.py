"""A shop that says too much about its customers."""

import logging

from fastapi import FastAPI, HTTPException

app = FastAPI()
log = logging.getLogger("shop")


@app.get("/")
def index():
    return "ready"


@app.get("/health")
def health():
    return {}


@app.get("/orders/{number}")
def order(number: int):
    log.warning("order %d of ann@example.com", number)
    if number == 404:
        raise HTTPException(404)
    return {"number": number}
