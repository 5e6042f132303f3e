import logging

from litestar import Litestar, get
from litestar.exceptions import NotFoundException

log = logging.getLogger("shop")


@get("/")
async def index() -> str:
    return "hello"


@get("/items/{item:int}")
async def read_item(item: int) -> dict[str, int]:
    if item > 100:
        log.warning("no item %d", item)
        raise NotFoundException
    return {"item": item}


app = Litestar([index, read_item])
