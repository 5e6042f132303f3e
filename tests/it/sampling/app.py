"""A shop whose requests ask a database and write a line, some of them failing or slow."""

import logging
import sqlite3
import time

from fastapi import FastAPI

app = FastAPI()
log = logging.getLogger("shop")


def work(what: str):
    database = sqlite3.connect(":memory:")
    database.execute("SELECT 1").fetchone()
    database.close()
    log.warning("work on %s", what)
    return what


@app.get("/health")
def health():
    return work("health")


@app.get("/search")
def search():
    return work("search")


@app.get("/orders/{number}")
def order(number: int):
    return work("order")


@app.get("/boom")
def boom():
    work("boom")
    raise ValueError("out of stock")


@app.get("/slow")
def slow():
    work("slow")
    time.sleep(2.2)
    return "slow"
