"""No framework: what every server of WSGI takes."""

import json
import time

import shop


def app(environ, start_response):
    _, *words = environ["PATH_INFO"].split("/")
    if words == ["fail"]:
        shop.fail()
    if words[0] != "items":
        start_response("404 Not Found", [("Content-Length", "0")])
        return []
    time.sleep(shop.PAUSE)
    body = json.dumps(shop.item(int(words[1]))).encode()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(body)))])
    return [body]
