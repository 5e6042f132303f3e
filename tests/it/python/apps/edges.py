"""Requests that are not the usual ones, one path for each."""

import asyncio
import contextlib
import logging
import os
import time

from fastapi import APIRouter, BackgroundTasks, FastAPI, Request, WebSocket
from starlette.applications import Starlette
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.responses import PlainTextResponse, StreamingResponse
from starlette.routing import Mount, Route

log = logging.getLogger("edges")


@contextlib.asynccontextmanager
async def lifespan(app):
    yield {"started": "yes"}


app = FastAPI(lifespan=lifespan)


class Passing(BaseHTTPMiddleware):
    async def dispatch(self, request, call_next):
        return await call_next(request)


app.add_middleware(Passing)


class Copying:
    """Hands over a copy of the scope, as the specification wants it."""

    def __init__(self, app):
        self.app = app

    async def __call__(self, scope, receive, send):
        await self.app(dict(scope), receive, send)


app.add_middleware(Copying)


@app.get("/state")
def state(request: Request):
    return request.state.started


@app.head("/head")
@app.post("/post")
async def post(request: Request):
    await request.body()
    return 1


deep = APIRouter(prefix="/deep")


@deep.get("/{kind}/x")
async def included(kind: str):
    return kind


outer = APIRouter(prefix="/outer/{tenant}")
outer.include_router(deep)
app.include_router(outer, prefix="/v1")

sub = FastAPI()


@sub.get("/things/{thing}")
def thing(thing: str):
    return thing


app.mount("/sub", sub)


async def plain(request):
    return PlainTextResponse("plain")


app.mount("/shop/{shop}", Starlette(routes=[Route("/{item}", plain), Mount("/in", routes=[Route("/side", plain)])]))


@app.get("/background")
def background(tasks: BackgroundTasks):
    tasks.add_task(later)
    return 1


def later():
    time.sleep(1)
    log.warning("in the background")


@app.get("/stream")
async def stream():
    async def parts():
        yield b"a"
        await asyncio.sleep(0.3)
        yield b"b"

    return StreamingResponse(parts())


@app.get("/endless")
async def endless():
    async def parts():
        log.warning("streaming")
        while True:
            yield b"a" * 1000
            await asyncio.sleep(0.01)

    return StreamingResponse(parts())


@app.get("/late")
async def late():
    async def parts():
        yield b"a"
        raise KeyError("late")

    return StreamingResponse(parts())


@app.get("/nested")
def nested():
    async def inner():
        log.warning("in a loop of its own")

    asyncio.run(inner())
    return 1


@app.get("/executor")
async def executor():
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, log.warning, "in an executor")
    return 1


@app.get("/forgotten")
async def forgotten():
    async def fails():
        raise OSError("nobody looks")

    asyncio.ensure_future(fails())
    await asyncio.sleep(0.05)
    return os.getpid()


@app.get("/client")
async def client(request: Request):
    """Asks the application without a server in between, as its tests do."""
    statuses = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        statuses.append(message.get("status"))

    headers = [(b"host", b"inside")]
    await app(dict(type="http", method="GET", path="/inside", query_string=b"", headers=headers), receive, send)
    return statuses[0]


@app.websocket("/chat/{room}")
async def chat(socket: WebSocket, room: str):
    if room == "closed":
        await socket.close()
        return
    await socket.accept()
    await socket.send_text(room)
    await socket.close()
