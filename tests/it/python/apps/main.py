import logging
import os

from fastapi import FastAPI

app = FastAPI()


@app.get("/pid")
def pid():
    return os.getpid()


@app.get("/hello/{name}")
def hello(name: str):
    logging.getLogger("shop").warning("hello %s", name)
    return name
