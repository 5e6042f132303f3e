"""What things cost."""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index():
    return "ready"


@app.get("/prices/<int:item>")
def price(item):
    return {"price": 2 * item}
