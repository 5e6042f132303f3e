import logging
import os

from flask import Flask

app = Flask(__name__)


@app.get("/pid")
def pid():
    return str(os.getpid())


@app.get("/hello/<name>")
def hello(name):
    logging.getLogger("shop").warning("hello %s", name)
    return name
