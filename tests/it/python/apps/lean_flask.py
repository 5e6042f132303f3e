import logging

from flask import Flask

app = Flask(__name__)


@app.get("/hello/<name>")
def hello(name):
    logging.getLogger("shop").warning("hello %s", name, extra={"size": len(name)})
    return name


@app.get("/boom")
def boom():
    raise ValueError("out of stock")
