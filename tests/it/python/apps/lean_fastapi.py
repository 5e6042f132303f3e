import logging

from fastapi import FastAPI

app = FastAPI()


@app.get("/hello/{name}")
def hello(name: str):
    logging.getLogger("shop").warning("hello %s", name, extra={"size": len(name)})
    return name


@app.get("/boom")
async def boom():
    raise ValueError("out of stock")
