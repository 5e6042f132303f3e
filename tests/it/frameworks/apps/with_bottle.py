import time

import shop
from bottle import Bottle

app = Bottle()


@app.get("/items/<number:int>")
def read_item(number):
    time.sleep(shop.PAUSE)
    return shop.item(number)


@app.get("/fail")
def fail():
    shop.fail()
