"""Applications of frameworks, for servers that this shim does not know: there the application itself
sees to it that it is observed.
"""

import functools

# (class, name, the method that was there), for ASGI.
_replaced = []
_retired = set()


def starlette(module):
    _asgi(module.Starlette, "__call__")


def django_asgi(module):
    _asgi(module.ASGIHandler, "__call__")


def quart(module):
    _asgi(module.Quart, "__call__")


def litestar(module):
    _asgi(module.Litestar, "__call__")


def falcon_asgi(module):
    _asgi(module.App, "__call__")


def flask(module):
    """And the route of what Flask answers, which it keeps in its own environ."""
    from . import routes

    _wsgi(module.Flask, "wsgi_app", routes.flask)


def django_wsgi(module):
    _wsgi(module.WSGIHandler, "__call__")


def bottle(module):
    _wsgi(module.Bottle, "wsgi")


def falcon(module):
    _wsgi(module.App, "__call__")


def pyramid(module):
    _wsgi(module.Router, "__call__")


def _asgi(owner, name):
    if "asgi" in _retired:
        return
    from . import asgi

    theirs = getattr(owner, name)

    @functools.wraps(theirs)
    async def observed(self, scope, receive, send):
        if asgi.MARK in scope:
            return await theirs(self, scope, receive, send)
        return await asgi.wrap(functools.partial(theirs, self), isolated=False)(scope, receive, send)

    setattr(owner, name, observed)
    _replaced.append((owner, name, theirs, observed))


def retire(kind):
    """A server that we know runs the application: what it answers has been seen already."""
    _retired.add(kind)
    while _replaced:
        owner, name, theirs, ours = _replaced.pop()
        if owner.__dict__.get(name) is ours:
            setattr(owner, name, theirs)


def _wsgi(owner, name, answered=None):
    from . import wsgi

    theirs = getattr(owner, name)

    @functools.wraps(theirs)
    def observed(self, environ, start_response):
        app = functools.partial(theirs, self)
        if answered is not None:
            app = functools.partial(answered, app)
        return wsgi.call(app, environ, start_response)

    setattr(owner, name, observed)
