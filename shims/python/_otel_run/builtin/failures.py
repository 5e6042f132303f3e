"""Exceptions that come no further than the framework, which answers them with 500 itself.

What is noted here counts only if the answer says that the server has failed: exceptions are also a way
to answer with 404.
"""

import functools

from . import context, patch
from .asgi import MARK
from .request import Request


def _note(span, error):
    if isinstance(span, Request) and isinstance(error, Exception):
        span.failure = error


def django(module):
    uncaught = module.handle_uncaught_exception

    def handle_uncaught_exception(request, resolver, exc_info):
        try:
            scope = getattr(request, "scope", None)
            _note((request.environ if scope is None else scope).get(MARK), exc_info[1])
        except Exception:
            pass
        return uncaught(request, resolver, exc_info)

    module.handle_uncaught_exception = handle_uncaught_exception


def flask(module):
    _handled(module.Flask)


def quart(module):
    _handled(module.Quart)


def _handled(kind):
    @patch.method(kind, "handle_exception")
    def handle_exception(theirs, self, error):
        _note(context.current(), error)
        return theirs(self, error)


def litestar(module):
    @patch.method(module.ExceptionHandlerMiddleware, "handle_request_exception")
    def handle_request_exception(theirs, self, *args, **kwargs):
        try:
            _note(kwargs["scope"].get(MARK), kwargs["exc"])
        except Exception:
            pass
        return theirs(self, *args, **kwargs)


def bottle(module):
    @patch.after(module.Bottle, "_handle")
    def handle(_, answer):
        _note(context.current(), getattr(answer, "exception", None))


def falcon(module):
    @patch.method(module.App, "_python_error_handler")
    def python_error_handler(theirs, self, request, response, error, *args, **kwargs):
        _note(context.current(), error)
        return theirs(self, request, response, error, *args, **kwargs)


def falcon_asgi(module):
    theirs = module.App._python_error_handler

    # Falcon insists on a coroutine function.
    @functools.wraps(theirs)
    async def python_error_handler(self, request, response, error, *args, **kwargs):
        _note(context.current(), error)
        return await theirs(self, request, response, error, *args, **kwargs)

    module.App._python_error_handler = python_error_handler
