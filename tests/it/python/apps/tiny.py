"""A server for every Python there is, 2.7 included. It serves three requests and ends."""

import logging
import os
import sys

if os.environ.get("BECOME"):
    os.setgid(int(os.environ["BECOME"]))
    os.setuid(int(os.environ["BECOME"]))

from wsgiref.simple_server import WSGIRequestHandler, make_server  # noqa: E402


class Quiet(WSGIRequestHandler):
    def log_message(self, *args):
        pass


def app(environ, start_response):
    if environ["PATH_INFO"] == "/boom":
        raise ValueError("boom")
    logging.getLogger("tiny").warning("at work" if environ["PATH_INFO"] == "/" else "at the end")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"ok"]


server = make_server("127.0.0.1", 0, app, handler_class=Quiet)
print(server.server_port)
sys.stdout.flush()
for _ in range(3):
    server.handle_request()
server.server_close()
print("end")
