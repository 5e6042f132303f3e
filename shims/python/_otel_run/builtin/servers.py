"""Where servers take the application that they are to run."""

import functools


def uvicorn(module):
    """uvicorn, and gunicorn with its workers."""
    load = module.Config.load

    @functools.wraps(load)
    def observed(self):
        load(self)
        try:
            from . import asgi

            self.loaded_app = asgi.wrap(self.loaded_app)
        except Exception:
            pass

    module.Config.load = observed
