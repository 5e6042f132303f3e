"""Loaded by every Python interpreter below otel-run, because PYTHONPATH names this directory.

Written in the subset of Python that every interpreter from 2.7 on parses. It takes itself out
of the way (path and module as without otel-run), lets another sitecustomize run as it would
have, and hands over to the package beside it. Nothing that goes wrong here reaches the program.
"""

import os
import sys


def _next(directory):
    """Runs the sitecustomize that this one hides, if there is one."""
    sys.path[:] = [entry for entry in sys.path if entry != directory]
    mine = sys.modules.pop("sitecustomize", None)
    try:
        import sitecustomize  # noqa: F401 (found further down the path)
    except ImportError as error:
        name = getattr(error, "name", None) or str(error).split(" ")[-1]
        if name.strip("'") != "sitecustomize":
            raise
    finally:
        # The import system wants to find an entry of this name when we return.
        if mine is not None:
            sys.modules.setdefault("sitecustomize", mine)


def _start(directory):
    if not os.environ.get("OTEL_RUN_ACTIVE") or os.environ.get("OTEL_RUN_DISABLE"):
        return
    if sys.version_info < (3, 6):
        return
    sys.path.insert(0, directory)
    try:
        from _otel_run import begin
    finally:
        sys.path.remove(directory)
    return begin.begin(directory)


def _run():
    directory = os.path.dirname(os.path.abspath(__file__))
    try:
        _next(directory)
    finally:
        # SystemExit or KeyboardInterrupt from a library would abort the whole interpreter; only
        # a real ^C, which aborts it without us too, may do that.
        interrupted = False
        try:
            interrupted = _start(directory)
        except BaseException:
            pass
        if interrupted:
            raise KeyboardInterrupt


_run()
