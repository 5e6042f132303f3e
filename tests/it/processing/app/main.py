"""A shop that says too much."""

import logging
import os

from fastapi import FastAPI, Request

app = FastAPI()
log = logging.getLogger("shop")


@app.get("/health")
async def health():
    log.warning("somebody looks after us")
    return {}


@app.get("/orders/{number}")
async def order(number: int, request: Request):
    log.warning("order %d of ann@example.com", number)
    return {"number": number}


@app.get("/admin/reports/{name}")
async def report(name: str):
    return {"name": name}


@app.get("/fail")
async def fail():
    raise RuntimeError("ann@example.com has no card 4711")


@app.get("/ask")
async def ask():
    import httpx

    async with httpx.AsyncClient() as client:
        await client.get(os.environ["PEER"] + "/stock?api_key=s3cret-key&page=2")
    return {}
