import asyncio

import shop
from quart import Quart

app = Quart(__name__)


@app.get("/items/<int:number>")
async def read_item(number):
    await asyncio.sleep(shop.PAUSE)
    return shop.item(number)


@app.get("/fail")
async def fail():
    shop.fail()
