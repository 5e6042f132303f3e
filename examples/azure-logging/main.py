"""Log records, custom dimensions, exceptions and custom events, by Python's own logging."""

import logging

from fastapi import FastAPI

app = FastAPI()
log = logging.getLogger("shop.orders")


@app.get("/")
def index():
    return "ready"


@app.get("/orders/{order}")
def read_order(order: int):
    # Attributes become custom dimensions; a dictionary called custom_dimensions does, too.
    log.warning("order %d is late", order, extra={"order": order, "customer.tier": "gold"})
    log.warning("and heavy", extra={"custom_dimensions": {"weight": "12 kg", "carrier": "pigeon"}})
    return {"order": order}


@app.get("/divide/{number}")
def divide(number: int):
    try:
        return {"result": 100 / number}
    except ZeroDivisionError:
        log.exception("cannot divide", extra={"number": number})
        return {"result": None}


@app.get("/checkout/{order}")
def checkout(order: int):
    # With this attribute a log record is a row of customEvents.
    log.warning("sold", extra={"microsoft.custom_event.name": "checkout", "order": order})
    return {"order": order}


@app.get("/broken")
def broken():
    raise RuntimeError("nobody catches this")
