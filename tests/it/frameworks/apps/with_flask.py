import time

import shop
from flask import Flask

app = Flask(__name__)


@app.get("/items/<int:number>")
def read_item(number):
    time.sleep(shop.PAUSE)
    return shop.item(number)


@app.get("/fail")
def fail():
    shop.fail()
