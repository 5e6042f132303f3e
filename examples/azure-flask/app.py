"""A Flask page that asks another page: a request and its dependency."""

import os

import requests
from flask import Flask, abort

app = Flask(__name__)
catalogue = os.environ.get("CATALOGUE", "http://127.0.0.1:5000/catalogue")


@app.get("/")
def hello():
    return "hello"


@app.get("/catalogue/<int:item>")
def read_catalogue(item):
    if item > 100:
        abort(404)
    return {"item": item, "price": 2 * item}


@app.get("/items/<int:item>")
def read_item(item):
    answer = requests.get(f"{catalogue}/{item}", timeout=5)
    return {"found": answer.ok}
