import asyncio

import shop
from fastapi import FastAPI

app = FastAPI()


@app.get("/items/{number}")
async def read_item(number: int):
    await asyncio.sleep(shop.PAUSE)
    return shop.item(number)


@app.get("/fail")
async def fail():
    shop.fail()
