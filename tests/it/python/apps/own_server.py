"""A server that nobody has heard of."""

import io
import socketserver
import sys

from lean_flask import app


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        method, path, _ = self.rfile.readline().decode().split(" ")
        while self.rfile.readline().strip():
            pass
        environ = {
            "REQUEST_METHOD": method,
            "PATH_INFO": path,
            "SERVER_NAME": "own",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
        }

        def start_response(status, headers, exc_info=None):
            self.wfile.write(("HTTP/1.1 %s\r\n\r\n" % status).encode())

        body = app(environ, start_response)
        self.wfile.write(b"".join(body))
        body.close()


class Server(socketserver.TCPServer):
    allow_reuse_address = True


try:
    Server(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
except KeyboardInterrupt:
    pass
