"""loguru alone, with several handlers, in front of `logging`, and behind it: each record counts once."""

import logging

from loguru import logger

logger.info("plain {}", 1)
logger.add(lambda message: None)
logger.bind(user="ann").warning("two handlers")
try:
    raise ValueError("out of stock")
except ValueError:
    logger.exception("failed")


class ToLoguru(logging.Handler):
    def emit(self, record):
        logger.opt(depth=6, exception=record.exc_info).log(record.levelname, record.getMessage())


class ToLogging(logging.Handler):
    def emit(self, record):
        logging.getLogger("elsewhere").handle(record)


root = logging.getLogger()
root.setLevel(logging.INFO)
root.addHandler(ToLoguru())
logging.getLogger("shop").info("from logging")
root.handlers[:] = [logging.NullHandler()]
logger.add(ToLogging())
logger.error("to logging")
