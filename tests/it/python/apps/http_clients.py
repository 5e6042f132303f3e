"""Every HTTP client that is observed, against a server in this process. Prints what the server
received: for each request its path and its traceparent headers.
"""

import asyncio
import http.client
import http.server
import json
import socket
import socketserver
import sys
import threading
import time
import urllib.error
import urllib.request

OWN = "00-11111111111111111111111111111111-2222222222222222-01"


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    flaky = 0

    def do_GET(self):
        print(json.dumps([self.path, self.headers.get_all("traceparent")]), flush=True)
        status, body = 200, b"ok"
        if self.path.startswith("/moved"):
            status = 302
        elif self.path.startswith("/missing"):
            status = 404
        elif self.path.startswith("/flaky"):
            Handler.flaky += 1
            status = 503 if Handler.flaky % 2 else 200
        elif self.path.startswith("/slow"):
            time.sleep(3)
        self.send_response(status)
        if status == 302:
            self.send_header("Location", self.path.replace("moved", "ok"))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True

    def handle_error(self, *_):
        pass  # clients that have gone


def listening():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    return listener


def http2_server():
    """One connection of HTTP/2 without TLS."""
    import h2.config
    import h2.connection
    import h2.events

    listener = listening()
    listener.listen(1)

    def serve():
        client, _ = listener.accept()
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False, header_encoding="utf-8"))
        connection.initiate_connection()
        client.sendall(connection.data_to_send())
        while True:
            data = client.recv(65536)
            if not data:
                return
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    headers = dict(event.headers)
                    print(json.dumps([headers[":path"], [headers.get("traceparent")]]), flush=True)
                    connection.send_headers(event.stream_id, [(":status", "200")])
                    connection.send_data(event.stream_id, b"ok", end_stream=True)
            client.sendall(connection.data_to_send())

    threading.Thread(target=serve, daemon=True).start()
    return "http://127.0.0.1:%d" % listener.getsockname()[1]


server = Server(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
BASE = "http://127.0.0.1:%d" % server.server_port
# A port at which nobody listens.
with listening() as unused:
    REFUSED = "http://127.0.0.1:%d/refused" % unused.getsockname()[1]


def fails(kind, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind as error:
        return error
    raise AssertionError("no %s" % kind)


def urllib_():
    assert urllib.request.urlopen(BASE + "/ok?a=1").read() == b"ok"
    assert urllib.request.urlopen(BASE + "/moved").read() == b"ok"
    assert fails(urllib.error.HTTPError, urllib.request.urlopen, BASE + "/missing").code == 404
    fails(urllib.error.URLError, urllib.request.urlopen, REFUSED)
    fails(OSError, urllib.request.urlopen, BASE + "/slow", timeout=0.3)
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    # A request that has a context already keeps it.
    connection.request("GET", "/ok?own", headers={"TraceParent": OWN})
    assert connection.getresponse().read() == b"ok"
    # Nobody waits for the answer.
    connection.request("GET", "/ok?left")
    connection.close()


def requests_():
    import requests

    assert requests.get(BASE + "/ok").text == "ok"
    headers = {"x-mine": "1"}
    assert requests.get(BASE + "/moved", headers=headers).history[0].status_code == 302
    assert headers == {"x-mine": "1"}
    assert requests.get(BASE + "/missing").status_code == 404
    fails(requests.exceptions.ConnectionError, requests.get, REFUSED)
    fails(requests.exceptions.ReadTimeout, requests.get, BASE + "/slow", timeout=0.3)
    with requests.get(BASE + "/ok", stream=True) as response:
        assert b"".join(response.iter_content(1)) == b"ok"


def urllib3_():
    import urllib3

    pool = urllib3.PoolManager()
    retries = urllib3.Retry(3, status_forcelist=[503])
    assert pool.request("GET", BASE + "/flaky", retries=retries).status == 200
    assert pool.request("GET", BASE + "/moved").status == 200


def httpx_():
    import httpx

    with httpx.Client() as client:
        assert client.get(BASE + "/ok").text == "ok"
        response = client.get(BASE + "/moved", follow_redirects=True)
        assert response.text == "ok" and "traceparent" not in response.request.headers
        assert client.get(BASE + "/missing").status_code == 404
        fails(httpx.ConnectError, client.get, REFUSED)
        with client.stream("GET", BASE + "/ok") as response:
            assert "".join(response.iter_text()) == "ok"
    with httpx.Client(transport=httpx.HTTPTransport(http1=False, http2=True)) as client:
        response = client.get(http2_server() + "/two")
        assert response.http_version == "HTTP/2"

    async def main():
        async with httpx.AsyncClient() as client:
            assert (await client.get(BASE + "/ok")).text == "ok"
            try:
                await client.get(BASE + "/slow", timeout=0.3)
            except httpx.ReadTimeout:
                pass
            waiting = asyncio.ensure_future(client.get(BASE + "/slow"))
            await asyncio.sleep(0.3)
            waiting.cancel()
            try:
                await waiting
            except asyncio.CancelledError:
                pass

    asyncio.run(main())


def aiohttp_():
    import aiohttp

    async def main():
        async with aiohttp.ClientSession() as session:
            for path in ("/ok", "/moved"):
                async with session.get(BASE + path) as response:
                    assert await response.text() == "ok"
            try:
                await session.get(BASE + "/missing", raise_for_status=True)
            except aiohttp.ClientResponseError as error:
                assert error.status == 404
            try:
                await session.get(REFUSED)
            except aiohttp.ClientConnectorError:
                pass
            try:
                await session.get(BASE + "/slow", timeout=aiohttp.ClientTimeout(total=0.3))
            except asyncio.TimeoutError:
                pass

    asyncio.run(main())


{"urllib": urllib_, "requests": requests_, "urllib3": urllib3_, "httpx": httpx_, "aiohttp": aiohttp_}[sys.argv[1]]()
