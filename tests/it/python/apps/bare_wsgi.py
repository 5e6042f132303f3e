"""Every way in which a WSGI application may answer, and servers that are started from a program."""

import sys
import time


def app(environ, start_response):
    path = environ["PATH_INFO"]
    if path == "/boom":
        raise ValueError("boom")
    headers = [("Content-Type", "text/plain"), ("Date", "now"), ("Server", "ours")]
    if path == "/":
        start_response("201 Created", headers)
        return [b"ok"]
    write = start_response("200 OK", headers)
    if path == "/file":
        file = open(__file__, "rb")
        wrapper = environ.get("wsgi.file_wrapper")
        return wrapper(file) if wrapper else iter([file.read()])
    if path == "/written":
        write(b"first ")
        return [b"second"]
    return parts(path)


def parts(path):
    yield b"a"
    time.sleep(0.2)
    if path == "/late":
        raise KeyError("late")
    yield b"b"


def serve(server, port):
    if server == "cheroot":
        from cheroot.wsgi import Server

        Server(("127.0.0.1", port), app).safe_start()
    elif server == "werkzeug":
        from werkzeug.serving import run_simple

        run_simple("127.0.0.1", port, app, threaded=True)
    elif server == "wsgiref":
        from wsgiref.simple_server import make_server

        make_server("127.0.0.1", port, app).serve_forever()
    elif server == "gevent":
        from gevent import monkey

        monkey.patch_all()
        from gevent.pywsgi import WSGIServer

        WSGIServer(("127.0.0.1", port), app).serve_forever()
    elif server == "eventlet":
        import eventlet
        from eventlet import wsgi

        eventlet.monkey_patch()
        wsgi.server(eventlet.listen(("127.0.0.1", port)), app, debug=False)


if __name__ == "__main__":
    try:
        serve(sys.argv[1], int(sys.argv[2]))
    except KeyboardInterrupt:
        pass
