"""The shop asks the stock (Node) and the prices (Flask)."""

import logging
import os

import requests
from fastapi import FastAPI, HTTPException

app = FastAPI()
log = logging.getLogger("shop")


@app.get("/")
def index():
    return "ready"


@app.get("/orders/{item}")
def order(item: int):
    stock = requests.get(f"{os.environ['STOCK']}/stock/{item}", timeout=5)
    if not stock.ok:
        log.error("no stock of item %d", item)
        raise HTTPException(status_code=503)
    price = requests.get(f"{os.environ['PRICES']}/prices/{item}", timeout=5).json()
    log.warning("sold item %d", item)
    return {"item": item, **stock.json(), **price}
