"""uWSGI takes the application out of a module itself. Which one, its command line says; what comes out of
files of its own formats is observed by the framework (frameworks).
"""

import sys

from . import hooks

_OPTIONS = ("--module", "--wsgi", "-w")


def watch(line):
    """`line` is the command line of this process."""
    for position, word in enumerate(line):
        option, equals, value = word.partition("=")
        if option in _OPTIONS:
            value = value if equals else "".join(line[position + 1 : position + 2])
            name, _, attribute = value.partition(":")
            if name:
                hooks.when_imported(name, _wrap(attribute or _callable(line) or "application"))


def _callable(line):
    for position, word in enumerate(line):
        if word == "--callable":
            return "".join(line[position + 1 : position + 2])
    return None


def _wrap(attribute):
    def hook(module):
        from . import wsgi

        app = getattr(module, attribute)
        # Frameworks are observed by themselves, and stay what the module says that they are.
        if type(app).__name__ == "function":
            setattr(module, attribute, wsgi.wrap(app))

    return hook


def threads_stand_still():
    """Unless it is told otherwise, uWSGI lets no thread run but the one that answers a request."""
    uwsgi = sys.modules.get("uwsgi")
    opt = getattr(uwsgi, "opt", None)
    return opt is not None and not any(
        name in opt for name in ("enable-threads", b"enable-threads", "threads", b"threads")
    )
