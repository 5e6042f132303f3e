"""Ends as its argument says."""

import os
import signal
import sys
import threading

way = sys.argv[1]


def fail():
    raise RuntimeError("in a thread")


if way == "main":
    raise RuntimeError("at the end")
elif way == "hooked":
    sys.excepthook = lambda kind, error, traceback, before=sys.excepthook: (print("mine"), before(kind, error, traceback))
    raise RuntimeError("at the end")
elif way == "thread":
    thread = threading.Thread(target=fail, name="worker")
    thread.start()
    thread.join()
    print("goes on")
elif way == "thread-exit":
    thread = threading.Thread(target=sys.exit)
    thread.start()
    thread.join()
elif way == "exit":
    sys.exit("told")
elif way == "interrupt":
    os.kill(os.getpid(), signal.SIGINT)
