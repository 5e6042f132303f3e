"""No framework: what every server of ASGI takes."""

import asyncio
import json

import shop


async def app(scope, receive, send):
    if scope["type"] == "lifespan":
        while True:
            what = (await receive())["type"]
            await send({"type": what + ".complete"})
            if what == "lifespan.shutdown":
                return
    status, body = 404, b""
    _, *words = scope["path"].split("/")
    if words == ["fail"]:
        shop.fail()
    if words[0] == "items":
        await asyncio.sleep(shop.PAUSE)
        status, body = 200, json.dumps(shop.item(int(words[1]))).encode()
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
