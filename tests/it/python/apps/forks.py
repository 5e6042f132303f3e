"""Forks while threads record, in every way that Python has."""

import logging
import multiprocessing
import os
import threading
import time

log = logging.getLogger("forks")
stop = threading.Event()


def busy(number):
    count = 0
    while not stop.is_set():
        log.warning("busy %d %d", number, count)
        count += 1
        time.sleep(0.001)


def say(text):
    log.warning("in a %s", text)


if __name__ == "__main__":
    logging.basicConfig(handlers=[logging.NullHandler()])
    threads = [threading.Thread(target=busy, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    child = os.fork()
    if child == 0:
        say("child")
        raise SystemExit(0)
    os.waitpid(child, 0)
    for way in ("fork", "spawn"):
        context = multiprocessing.get_context(way)
        process = context.Process(target=say, args=("forked process" if way == "fork" else "spawned process",))
        process.start()
        process.join()
        assert process.exitcode == 0, way
    pool = multiprocessing.get_context("fork").Pool(1)
    pool.apply(say, ("process of a pool",))
    pool.close()
    pool.join()
    stop.set()
    for thread in threads:
        thread.join()
    log.warning("in the parent")
    print("done")
