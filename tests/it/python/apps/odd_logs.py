"""Log records that no telemetry format foresees."""

import logging


class Odd:
    def __repr__(self):
        return "odd"


logging.basicConfig(level=logging.INFO)
log = logging.getLogger("shop")
log.info("with extra", extra={"odd": Odd(), "odds": [Odd()], "map": {"a": Odd()}, "none": None, "mixed": [1, "a"]})
log.info(Odd())
log.info({"a": Odd(), 1: 2})
log.info("%d", "not a number")
try:
    raise ValueError("\ud800 \x00")
except ValueError:
    log.exception("an exception")
