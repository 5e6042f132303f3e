"""Instruments Django as soon as its settings are there, and not before.

The official instrumentation puts a middleware into the settings. When it finds none that it
can load, it sets empty ones in their place, and the application is broken: with `manage.py`,
which names its settings only when it runs, and with servers that put the application's
folder on the path later.
"""


def when_configured(instrument):
    """Calls `instrument` once, at once or as soon as Django's settings have been loaded."""
    from django.conf import LazySettings, settings

    if settings.configured:
        instrument()
        return
    done = []

    def after(method):
        def wrapper(self, *args, **kwargs):
            result = method(self, *args, **kwargs)
            if not done and self.configured:
                done.append(True)
                try:
                    instrument()
                except Exception:
                    pass
            return result

        return wrapper

    LazySettings._setup = after(LazySettings._setup)
    LazySettings.configure = after(LazySettings.configure)
