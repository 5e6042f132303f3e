"""A thread of ours: a real one, whatever the program has made of `threading`. It leaves before the process
forks, since Python warns of a fork beside threads (and programs may make errors of warnings), and comes back
when there is something to do.
"""

import os

from .. import native
from ..native import monotonic
from . import process

# Seconds that a fork waits for a thread that is at work. One that is stuck is waited for once.
PATIENCE = 0.25
_STEP = 0.0003
_workers = []


class Worker:
    """Runs `work()` in its thread, which is to return when `wait` says False."""

    def __init__(self, work):
        self._work = work
        self._reset()
        _workers.append(self)

    def _reset(self):
        self.running = self._leaving = self._left = self._stuck = False
        self._id = None
        self._bell = native.allocate_lock()
        self._bell.acquire()

    def start(self):
        """Has no effect where there are no more threads to be had. Others that have left come back, too."""
        self._left = True
        for worker in _workers:
            if worker._left and not worker.running:
                worker.running, worker._left = True, False
                try:
                    native.start_new_thread(worker._run, ())
                except RuntimeError:
                    worker.running = False

    def ring(self):
        try:
            self._bell.release()
        except RuntimeError:
            pass  # it rings already

    def wait(self, seconds=-1):
        """Until it rings, or for so long. False: the thread is to leave."""
        self._stuck = False
        if not self._leaving:
            self._bell.acquire(True, seconds)
        return not self._leaving

    def _run(self):
        self._id = native.get_native_id()
        try:
            self._work()
        except BaseException:
            pass
        self.running = False

    def _leave(self):
        if not self.running and not self._exists():
            return
        end = monotonic() + (0 if self._stuck else PATIENCE)
        self._leaving = self._left = True
        self.ring()
        while self.running or self._exists():
            if monotonic() > end:
                self._stuck, self._left = True, False
                break
            native.sleep(_STEP)
        else:
            self._id = None
        self._leaving = False

    def _exists(self):
        """Python lets go of a thread shortly before the operating system does."""
        return self._id is not None and os.path.exists("/proc/self/task/%d" % self._id)


def _before_fork():
    for worker in _workers:
        worker._leave()


def _in_child():
    for worker in _workers:
        worker._reset()


process.on_fork(_in_child)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_before_fork)
