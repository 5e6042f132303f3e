"""Where servers take the application that they are to run."""

from . import frameworks, patch


def _asgi(app):
    from . import asgi

    frameworks.retire("asgi")
    return asgi.wrap(app)


def _wsgi(app):
    from . import wsgi

    return wsgi.wrap(app)


def uvicorn(module):
    """uvicorn, and gunicorn with its workers. After `load` the application speaks ASGI 3."""

    @patch.after(module.Config, "load")
    def load(self, _):
        self.loaded_app = _asgi(self.loaded_app)


def hypercorn(module):
    @patch.after(module.ASGIWrapper, "__init__")
    def of_asgi(self, _):
        self.app = _asgi(self.app)

    @patch.after(module.WSGIWrapper, "__init__")
    def of_wsgi(self, _):
        self.app = _wsgi(self.app)


def daphne(module):
    @patch.after(module.Server, "__init__")
    def init(self, _):
        self.application = _asgi(self.application)


def granian_asgi(module):
    _first_argument(module, "_callback_wrapper", _asgi)


def granian_wsgi(module):
    _first_argument(module, "_callback_wrapper", _wsgi)


def _first_argument(module, name, wrap):
    theirs = getattr(module, name)

    def ours(app, *args, **kwargs):
        try:
            app = wrap(app)
        except Exception:
            pass
        return theirs(app, *args, **kwargs)

    setattr(module, name, ours)


def gunicorn(module):
    """Its own workers; those of ASGI servers bring their server, which is looked after above."""

    @patch.after(module.Worker, "load_wsgi")
    def load_wsgi(self, _):
        kinds = {kind.__module__ for kind in type(self).__mro__}
        if kinds & {"gunicorn.workers.sync", "gunicorn.workers.gthread", "gunicorn.workers.base_async"}:
            self.wsgi = _wsgi(self.wsgi)


def gunicorn_asgi(module):
    @patch.after(module.ASGIWorker, "load_wsgi")
    def load_wsgi(self, _):
        self.asgi = _asgi(self.asgi)


def waitress(module):
    @patch.after(module.BaseWSGIServer, "__init__")
    def init(self, _):
        self.application = _wsgi(self.application)


def cheroot(module):
    @patch.after(module.Server, "__init__")
    def init(self, _):
        self.wsgi_app = _wsgi(self.wsgi_app)


def werkzeug(module):
    @patch.after(module.BaseWSGIServer, "__init__")
    def init(self, _):
        self.app = _wsgi(self.app)

    @patch.after(module.WSGIRequestHandler, "run_wsgi")
    def run_wsgi(self, _):
        from . import wsgi

        wsgi.served(self.environ)


def wsgiref(module):
    """And the development server of Django."""

    @patch.after(module.WSGIServer, "set_app")
    def set_app(self, _):
        self.application = _wsgi(self.application)


def gevent(module):
    @patch.after(module.WSGIServer, "__init__")
    def init(self, _):
        self.application = _wsgi(self.application)


def eventlet(module):
    @patch.after(module.Server, "__init__")
    def init(self, _):
        self.app = _wsgi(self.app)
