"""What every application here does with a request, whichever framework brings it."""

import logging
import os
import sqlite3
import urllib.request

log = logging.getLogger("shop")

# Long enough that two requests which come at once are both in here, where the server takes two.
PAUSE = 0.05


def item(number):
    """A log record, a query, and a call of another service."""
    log.warning("item %d", number)
    database = sqlite3.connect(":memory:")
    price = database.execute("SELECT 2 * ?", (number,)).fetchone()[0]
    database.close()
    with urllib.request.urlopen(os.environ["PEER"], timeout=20) as answer:
        answer.read()
    return {"item": number, "price": price}


def fail():
    raise RuntimeError("nobody catches this")
