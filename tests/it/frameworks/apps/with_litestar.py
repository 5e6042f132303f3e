import asyncio
from typing import Any, Dict

import shop
from litestar import Litestar, get


@get("/items/{number:int}")
async def read_item(number: int) -> Dict[str, Any]:
    await asyncio.sleep(shop.PAUSE)
    return shop.item(number)


@get("/fail")
async def fail() -> None:
    shop.fail()


app = Litestar([read_item, fail])
