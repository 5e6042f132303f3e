"""Servers that are started by a program's own code: python serve.py SERVER MODULE ADDRESS PORT"""

import importlib
import sys

server, module, address, port = sys.argv[1:]
port = int(port)

if server == "http.server":
    import json
    import time
    from http.server import BaseHTTPRequestHandler, HTTPServer
    from socketserver import ThreadingMixIn

    import shop

    class Server(ThreadingMixIn, HTTPServer):
        daemon_threads = True

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            _, *words = self.path.split("/")
            if words == ["fail"]:
                shop.fail()
            if words[0] != "items":
                return self.send_error(404)
            time.sleep(shop.PAUSE)
            body = json.dumps(shop.item(int(words[1]))).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    Server((address, port), Handler).serve_forever()

app = importlib.import_module(module).app

if server == "wsgiref":
    from wsgiref.simple_server import make_server

    make_server(address, port, app).serve_forever()
elif server == "werkzeug":
    from werkzeug.serving import run_simple

    run_simple(address, port, app, threaded=True)
elif server == "waitress":
    from waitress import serve

    serve(app, host=address, port=port)
elif server == "cheroot":
    from cheroot.wsgi import Server

    Server((address, port), app).safe_start()
