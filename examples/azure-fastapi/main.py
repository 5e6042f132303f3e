"""A shop that counts its requests and times its answers with OpenTelemetry's API."""

import functools
import random
import time

from fastapi import FastAPI
from opentelemetry import metrics

app = FastAPI()

meter = metrics.get_meter("main")
counter = meter.create_counter("request-count", description="Requests by name")
histogram = meter.create_histogram("request-latency", unit="ms", description="Time to make an answer")


def timed(answer):
    """Records how long `answer` takes, with its arguments and its failure, if it fails."""

    @functools.wraps(answer)
    def wrapper(**arguments):
        start = time.monotonic()
        attributes = dict(arguments)
        try:
            return answer(**arguments)
        except Exception as error:
            attributes["error"] = str(error)
            raise
        finally:
            histogram.record((time.monotonic() - start) * 1000, attributes)

    return wrapper


@app.get("/")
def index():
    return "ready"


@app.get("/{name}/")
@timed
def wish(name: str):
    counter.add(1, {"name": name})
    if name == "nobody":
        raise ValueError("who is that?")
    return f"{name}, you have been very {random.choice(['naughty', 'nice'])} this year!"
