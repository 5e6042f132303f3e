"""Makes a span and a log record, in this process and, if told how to start them, two children."""

import logging
import multiprocessing
import sys

from opentelemetry import trace


def work():
    with trace.get_tracer("work").start_as_current_span("work"):
        logging.getLogger("work").warning("working")


if __name__ == "__main__":
    work()
    if len(sys.argv) > 1:
        context = multiprocessing.get_context(sys.argv[1])
        children = [context.Process(target=work) for _ in range(2)]
        for child in children:
            child.start()
        for child in children:
            child.join()
            assert child.exitcode == 0
