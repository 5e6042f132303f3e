"""A service with nothing of OpenTelemetry installed but what FastAPI brings: it calls itself or another
service, asks a database, logs, and fails.
"""

import logging
import os
import sqlite3

import httpx
from fastapi import FastAPI, Request

app = FastAPI()
log = logging.getLogger("shop")


@app.get("/orders/{number}")
async def order(number: int, request: Request):
    log.warning("order %d", number)
    base = os.environ.get("NEXT_SERVICE") or str(request.base_url)
    async with httpx.AsyncClient() as client:
        return (await client.get(base.rstrip("/") + "/stock/7?token=secret")).json()


@app.get("/stock/{item}")
def stock(item: int):
    connection = sqlite3.connect(":memory:")
    return connection.execute("select count(*) from sqlite_master where name = 'secret'").fetchone()[0]


@app.get("/fails")
def fails():
    raise ValueError("out of stock")


@app.get("/caught")
def caught(request: Request):
    try:
        httpx.get(str(request.base_url) + "fails").raise_for_status()
    except httpx.HTTPStatusError as error:
        return error.response.status_code
