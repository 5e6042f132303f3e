"""What programs may do, and must be able to do under otel-run as well. Fails where they cannot."""

import sys
import threading
from http.client import HTTPConnection


def served(server, *paths):
    """What a server answers to these paths."""
    threading.Thread(target=server.serve_forever, daemon=True).start()
    found = []
    for path in paths:
        connection = HTTPConnection(*server.server_address[:2])
        connection.request("GET", path)
        answer = connection.getresponse()
        found.append((answer.status, answer.read().decode()))
        connection.close()
    server.shutdown()
    server.server_close()
    return found


def arguments_of_start_response_have_names():
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_):
            pass

    def app(environ, start_response):
        if environ["PATH_INFO"] == "/some":
            start_response("200 OK", [], exc_info=None)
        else:
            start_response(status="200 OK", headers=[])
        return [b"fine"]

    server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
    assert served(server, "/some", "/all") == [(200, "fine")] * 2


def factories_of_sqlite():
    import sqlite3

    class Cursor(sqlite3.Cursor):
        pass

    class Connection(sqlite3.Connection):
        def cursor(self):
            return super().cursor(Cursor)

    connection = sqlite3.connect(":memory:", factory=Connection)
    assert isinstance(connection, Connection) and isinstance(connection.cursor(), Cursor)
    assert connection.cursor().execute("select 1").fetchone() == (1,)
    assert connection.execute("select 2").fetchone() == (2,)


def interpreters_in_the_interpreter():
    """They end in order: one that leaves a thread behind takes the process with it."""
    try:
        import _interpreters
    except ImportError:
        try:
            import _xxsubinterpreters as _interpreters
        except ImportError:
            return  # before Python 3.8
    inner = _interpreters.create()
    run = getattr(_interpreters, "exec", None) or _interpreters.run_string
    failed = run(inner, "import logging; logging.getLogger('inner').error('from within')")
    assert failed is None, failed
    _interpreters.destroy(inner)


def forks():
    """Without a word about threads, of which the program has none."""
    import logging
    import os
    import warnings

    logger = logging.getLogger("forks")
    logger.propagate = False
    logger.addHandler(logging.NullHandler())
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(3):
            logger.error("parent")
            delivered()
            child = os.fork()
            if child == 0:
                logger.error("child")
                os._exit(0)
            assert os.waitpid(child, 0) == (child, 0)


def texts_of_log_records():
    """They are made as often as handlers want them, also where that says something in turn."""
    import logging

    said = []

    class Handler(logging.Handler):
        def emit(self, record):
            said.append(self.format(record))

    class Counted:
        count = 0

        def __str__(self):
            self.count += 1
            logger.warning("asked")
            return "%d" % self.count

    class Mute:
        def __str__(self):
            raise ValueError

        __repr__ = __str__

    logger = logging.getLogger("texts")
    logger.propagate = False
    logger.addHandler(Handler())
    counted = Counted()
    logger.error("asked %s times", counted, extra={"mute": [Mute()]})
    logger.error(counted)
    assert said == ["asked", "asked 1 times", "asked", "2"], said


def delivered():
    """Waits until the shim, if there is one, has delivered what was recorded."""
    import time

    sender = sys.modules.get("_otel_run.builtin.sender")
    for _ in range(2000):
        if sender is None or not (sender.logs or sender.spans or sender._turn.locked()):
            break
        time.sleep(0.01)


def hooks_of_the_interpreter():
    """Whoever installs one looks first whether there is one."""
    assert sys.excepthook is sys.__excepthook__
    if sys.version_info >= (3, 10):
        assert threading.excepthook is threading.__excepthook__


def main():
    for name, program in list(globals().items()):
        if getattr(program, "__module__", None) == __name__ and name not in ("served", "delivered", "main"):
            program()
            print(name)


if __name__ == "__main__":
    main()
    sys.exit(0)
