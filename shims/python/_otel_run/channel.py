"""One connection to the agent: a small HTTP/1.1 client over a plain socket.

No TLS, no proxy, no redirects: the agent is on loopback. Nothing is imported that a program
may want to patch first (gevent and ssl) or has patched already, nothing is logged, and nothing
outlives a fork.
"""

import _socket
import os

from . import native
from .native import monotonic

# Longest time for one request, tries included, and for all of them once the process ends.
TIMEOUT = 5.0
ENDING = 2.0

_SLICE = 0.2
_LONGEST_ANSWER = 1 << 20
_channels = []
_end = None


def ending(seconds=ENDING):
    """The process is about to end: what is left shares one short budget from now on."""
    global _end
    if _end is None:
        _end = monotonic() + seconds


def going_on():
    """It does not end after all, or not yet."""
    global _end
    _end = None


def agent():
    """((host, port), headers) of the agent, or None when the variables name something else."""
    url = os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT", "").strip()
    if not url.startswith("http://"):
        return None
    host, _, port = url[len("http://") :].rstrip("/").rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdigit():
        return None
    headers = []
    for item in os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", "").split(","):
        name, separator, text = item.partition("=")
        text = text.strip()
        if "%" in text:
            from urllib.parse import unquote

            text = unquote(text)
        if separator and all(" " <= letter <= "~" for letter in text):
            headers.append((name.strip(), text))
    return (host, int(port)), headers


class Channel:
    """Requests to one path. `address` is (host, port)."""

    def __init__(self, address, path, headers):
        lines = ["POST %s HTTP/1.1" % path, "Host: %s:%d" % address, "Content-Type: application/x-protobuf"]
        lines.extend("%s: %s" % header for header in headers)
        self._head = "\r\n".join(lines).encode("latin-1")
        self._address = address
        self._reset()
        _channels.append(self)

    def _reset(self):
        self._lock = native.allocate_lock()
        self._pause = native.allocate_lock()
        self._pause.acquire()
        self._closed = False
        self._socket = None

    def close(self):
        """Nothing more is to be sent; a request that is on its way is tried no more."""
        if not self._closed:
            self._closed = True
            self._pause.release()
        if self._lock.acquire(True, _SLICE):
            try:
                self._drop()
            finally:
                self._lock.release()

    def post(self, body):
        """Whether the agent took it. Waits and tries again while the agent is busy or being
        started anew; gives up at once when nobody listens any more."""
        with self._lock:
            self._deadline = monotonic() + TIMEOUT
            pause = 0.1
            while self._left() > 0:
                try:
                    status, wait = self._exchange(body)
                except ConnectionRefusedError:
                    self._drop()
                    return False
                except (OSError, EOFError, ValueError):
                    self._drop()
                    status, wait = 503, None
                if 200 <= status < 300:
                    return True
                if status not in (429, 502, 503, 504):
                    return False
                if self._closes_within(min(pause if wait is None else wait, max(self._left(), 0))):
                    return False
                pause = min(pause * 2, 1.0)
            return False

    def _left(self):
        """Seconds until this request is given up."""
        deadline = self._deadline if _end is None else min(self._deadline, _end)
        return deadline - monotonic()

    def _closes_within(self, seconds):
        if not self._closed and self._pause.acquire(True, seconds):
            self._pause.release()
        return self._closed

    def _exchange(self, body):
        if self._socket is not None:
            try:
                return self._send(body)
            except (ConnectionError, EOFError):
                # The agent closes connections that were idle, and a new agent knows none of them.
                self._drop()
        family = _socket.AF_INET6 if ":" in self._address[0] else _socket.AF_INET
        self._socket = _socket.socket(family, _socket.SOCK_STREAM)
        self._socket.settimeout(max(self._left(), _SLICE))
        self._socket.connect(self._address)
        self._socket.setsockopt(_socket.IPPROTO_TCP, _socket.TCP_NODELAY, 1)
        return self._send(body)

    def _send(self, body):
        self._socket.settimeout(max(self._left(), _SLICE))
        self._socket.sendall(b"%b\r\nContent-Length: %d\r\n\r\n%b" % (self._head, len(body), body))
        return self._answer()

    def _answer(self):
        """(status, seconds to wait if the agent says so)."""
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._receive(received)
        head, _, rest = received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ", 2)[1])
        headers = {}
        for line in lines[1:]:
            name, _, text = line.partition(":")
            headers[name.strip().lower()] = text.strip()
        length = headers.get("content-length")
        if length is None:
            self._drop()  # the end of this answer is the end of the connection
        else:
            while len(rest) < int(length):
                rest += self._receive(rest)
            if headers.get("connection", "").lower() == "close":
                self._drop()
        wait = headers.get("retry-after", "")
        return status, float(wait) if wait.isdigit() else None

    def _receive(self, so_far):
        if len(so_far) > _LONGEST_ANSWER:
            raise ValueError("answer too long")
        # In slices, because the time that is left shrinks when the process begins to end.
        while self._left() > 0:
            self._socket.settimeout(_SLICE)
            try:
                chunk = self._socket.recv(65536)
            except _socket.timeout:
                continue
            if not chunk:
                raise EOFError
            return chunk
        raise _socket.timeout

    def _drop(self):
        taken, self._socket = self._socket, None
        if taken is not None:
            taken.close()


def renew():
    """After a fork. The connection belongs to the parent: closes our copy without a word."""
    global _end
    _end = None
    for channel in _channels:
        channel._drop()
        channel._reset()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=renew)
