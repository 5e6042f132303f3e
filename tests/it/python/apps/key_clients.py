"""Redis and MongoDB. The arguments are the library and the port of the server; for MongoDB a small
server of its protocol runs in this process.
"""

import asyncio
import socketserver
import struct
import sys
import threading

PORT = int(sys.argv[2]) if len(sys.argv) > 2 else None


def redis_():
    import redis

    client = redis.Redis(port=PORT)
    client.set("secret-key", "secret-value")
    assert client.get("secret-key") == b"secret-value"
    with client.pipeline() as pipeline:
        assert pipeline.set("x", 1).incr("x").execute() == [True, 2]
        assert pipeline.execute() == []
    with client.pipeline() as pipeline:
        pipeline.watch("x")
        assert pipeline.get("x") == b"2"
        pipeline.multi()
        pipeline.set("x", 3)
        assert pipeline.execute() == [True]
    try:
        client.lpush("x", 1)
    except redis.ResponseError:
        pass

    async def main():
        client = redis.asyncio.Redis(port=PORT)
        await client.set("a", "b")
        async with client.pipeline() as pipeline:
            assert await pipeline.get("a").get("a").execute() == [b"b", b"b"]
        await client.aclose()

    import redis.asyncio

    asyncio.run(main())


class Mongo(socketserver.BaseRequestHandler):
    """Answers OP_MSG and, for the first greeting, OP_QUERY."""

    def handle(self):
        import bson

        while True:
            head = self.read(16)
            if not head:
                return
            length, number, _, operation = struct.unpack("<4i", head)
            body = self.read(length - 16)
            if operation == 2004:
                command = bson.decode(body[body.index(b"\0", 4) + 9 :])
                answer = struct.pack("<iqii", 8, 0, 0, 1) + bson.encode(self.answer(command))
                operation = 1
            else:
                size = struct.unpack_from("<i", body, 5)[0]
                command = bson.decode(body[5 : 5 + size])
                answer = b"\0\0\0\0\0" + bson.encode(self.answer(command))
            self.request.sendall(struct.pack("<4i", len(answer) + 16, 1, number, operation) + answer)

    def read(self, count):
        data = b""
        while len(data) < count:
            more = self.request.recv(count - len(data))
            if not more:
                return b""
            data += more
        return data

    def answer(self, command):
        name = next(iter(command)).lower()
        if name in ("hello", "ismaster"):
            about = {"ismaster": True, "isWritablePrimary": True, "helloOk": True, "maxWireVersion": 21}
            return dict(about, minWireVersion=0, maxBsonObjectSize=16777216, ok=1.0)
        if name == "find":
            return {"cursor": {"id": 0, "ns": "shop.items", "firstBatch": [{"_id": 1}]}, "ok": 1.0}
        if name == "drop":
            return {"ok": 0.0, "errmsg": "not allowed", "code": 13, "codeName": "Unauthorized"}
        return {"ok": 1.0, "n": 1}


class MongoServer(socketserver.ThreadingTCPServer):
    daemon_threads = True


def pymongo_():
    import pymongo
    import pymongo.errors

    server = MongoServer(("127.0.0.1", 0), Mongo)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with pymongo.MongoClient("127.0.0.1", server.server_address[1], serverSelectionTimeoutMS=10000) as client:
        assert list(client.shop.items.find({"name": "secret"})) == [{"_id": 1}]
        assert client.shop.items.insert_one({"_id": 2}).inserted_id == 2
        try:
            client.shop.drop_collection("items")
        except pymongo.errors.OperationFailure as error:
            assert error.code == 13
    print(server.server_address[1])


globals()[sys.argv[1] + "_"]()
