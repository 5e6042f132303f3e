"""A shop with two pages and a database. There is no telemetry in it."""

import logging
import os
import sqlite3

import httpx
from fastapi import FastAPI, HTTPException

app = FastAPI()
log = logging.getLogger("shop")
stock = os.environ.get("STOCK", "http://127.0.0.1:8000")

database = sqlite3.connect("file:shop?mode=memory&cache=shared", uri=True, check_same_thread=False)
database.execute("CREATE TABLE items (id INTEGER, name TEXT)")
database.executemany("INSERT INTO items VALUES (?, ?)", [(1, "pear"), (2, "plum")])


@app.get("/")
def read_root():
    return {"Hello": "World"}


@app.get("/items/{item_id}")
def read_item(item_id: int):
    found = database.execute("SELECT name FROM items WHERE id = ?", (item_id,)).fetchone()
    if found is None:
        log.warning("no item %d", item_id)
        raise HTTPException(status_code=404)
    return {"item_id": item_id, "name": found[0]}


@app.get("/orders/{item_id}")
async def order(item_id: int):
    async with httpx.AsyncClient() as client:
        answer = await client.get(f"{stock}/items/{item_id}")
    try:
        answer.raise_for_status()
    except httpx.HTTPStatusError:
        log.exception("cannot order item %d", item_id)
        raise HTTPException(status_code=502)
    return {"ordered": answer.json()}
