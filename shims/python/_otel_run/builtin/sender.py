"""Rows wait here, and one thread takes them to the agent.

The thread starts with the first row of a process, sleeps while there is nothing, and wakes 200 ms after a
first row or when a batch is full.
"""

import os
import sys
from collections import deque

from .. import native
from ..native import monotonic
from . import process, uwsgi
from .rows import row, size
from .worker import Worker

LIMIT = 20000
BATCH = 512
# Bytes of what waits, of each signal, beyond one batch; of spans beyond some, since counting theirs costs.
ROOM = 1 << 24
_BEHIND = 4 * BATCH
PAUSE = 0.2
# Seconds for the last flush of a process.
ENDING = 0.5

spans = deque()
logs = deque()
# Functions that deliver what does not wait here, when the process ends.
others = []
# Rows that did not fit, that were odd, or that nobody took, since it was last reported.
lost = {"spans": 0, "log records": 0}

# Bytes that wait, as far as they were counted.
_held = {"spans": 0, "log records": 0}
_idle = True
_next = 0.0
_delivery = None
_turn = native.allocate_lock()


def put_span(span):
    waiting = len(spans)
    encoded = (span.row() or row(span)) if waiting < LIMIT else None
    if encoded is None or (waiting > _BEHIND and not _has_room("spans", encoded)):
        lost["spans"] += 1
        return
    spans.append(encoded)
    if _idle:
        _wake()
    elif waiting == BATCH:
        _worker.ring()


def put_log(record):
    if process.pid != process.getpid():
        process.renew()
    waiting = len(logs)
    encoded = row(record) if waiting < LIMIT else None
    if encoded is None or (waiting > BATCH and not _has_room("log records", encoded)):
        lost["log records"] += 1
        return
    logs.append(encoded)
    if _idle:
        _wake()
    elif waiting == BATCH:
        _worker.ring()


def _has_room(what, encoded):
    held = _held[what] + size(encoded)
    if held > ROOM:
        return False
    _held[what] = held
    return True


def _wake():
    global _idle, _next
    if "uwsgi" in sys.modules and uwsgi.threads_stand_still():
        # Then in this thread, once a second at most, and less often while the agent takes its time.
        began = monotonic()
        if began >= _next:
            flush()
            _next = monotonic() + max(1, 60 * (monotonic() - began))
        return
    _idle = False
    if _worker.running:
        _worker.ring()
    else:
        _worker.start()


def _run():
    global _idle
    try:
        while True:
            stay = _worker.wait(PAUSE)
            with _turn:
                _drain()
            # In this order: who appends after our look finds us idle, and rings.
            _idle = True
            if not stay:
                return
            if not spans and not logs:
                _worker.wait()
            _idle = False
    finally:
        _idle = True


_worker = Worker(_run)


def _drain():
    global _delivery
    if _delivery is None:
        _delivery = process.load("delivery")
    while spans or logs:
        for what, rows, deliver in (("spans", spans, _delivery.spans), ("log records", logs, _delivery.logs)):
            batch = _take(rows)
            if batch:
                _held[what] = max(_held[what] - sum(map(size, batch)), 0) if len(rows) >= BATCH else 0
                lost[what] += deliver(batch)
    if lost["spans"] or lost["log records"]:
        _delivery.report(lost)


def _take(rows):
    batch = []
    try:
        while len(batch) < BATCH:
            batch.append(rows.popleft())
    except IndexError:
        pass
    return batch


def flush(limit=ENDING):
    """Delivers what waits, in this thread, in `limit` seconds at most."""
    process.renew()
    if not spans and not logs and not others and not _turn.locked():
        return
    from .. import channel

    # This counts for what the other thread is at, too.
    channel.ending(limit)
    try:
        if _turn.acquire(True, limit):
            try:
                _drain()
                for deliver in others:
                    deliver()
            finally:
                _turn.release()
    except Exception:
        pass
    finally:
        channel.going_on()


def close():
    """After the last flush."""
    if _delivery is not None and _turn.acquire(False):
        try:
            _delivery.close()
        finally:
            _turn.release()


def _in_parent():
    """What other threads have put here while the process forked."""
    if (spans or logs) and not _worker.running:
        _wake()


def _in_child():
    """The rows are the parent's to send, and its thread is not here."""
    global _idle, _turn
    spans.clear()
    logs.clear()
    for each in lost:
        lost[each] = 0
    _idle = True
    _turn = native.allocate_lock()


process.on_fork(_in_child)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_parent=_in_parent)
