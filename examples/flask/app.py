from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "hello"


@app.get("/items/<int:item>")
def read_item(item):
    return {"item": item}
