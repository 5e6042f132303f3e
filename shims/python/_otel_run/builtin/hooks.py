"""Calls a function when a module has been imported: at once if it is there already, else right
after its code has run. The module's specification and the type of its loader stay as they are.
"""

import sys

_waiting = {}
_finding = set()


def when_imported(name, function):
    """Calls `function(module)` once. What it raises goes no further."""
    module = sys.modules.get(name)
    if module is None or getattr(getattr(module, "__spec__", None), "_initializing", False):
        # A module that is being imported right now, by whoever started us: its loader is at
        # work already, and it is seen when the next of our names is imported.
        _waiting.setdefault(name, []).append(function)
    else:
        _call(function, module)


def later(target):
    """A hook whose file is read when it is needed: `file:function`."""
    name, _, function = target.partition(":")

    def hook(module):
        part = __import__("%s.%s" % (__package__, name), fromlist=("*",))
        getattr(part, function)(module)

    return hook


def install():
    sys.meta_path.insert(0, _Finder)


def _call(function, module):
    try:
        function(module)
    except KeyboardInterrupt:
        raise  # ^C is meant for the program
    except BaseException:
        pass


def _imported(name, module):
    for function in _waiting.pop(name, ()):
        _call(function, module)


class _Finder:
    """Finds nothing itself: asks the others, and lets the loader that they name tell us."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name not in _waiting or name in _finding:
            return None
        _finding.add(name)
        try:
            spec = _ask_others(name, path, target)
            if spec is not None and spec.loader is not None:
                _watch(name, spec)
            return spec
        finally:
            _finding.discard(name)


def _ask_others(name, path, target):
    for finder in list(sys.meta_path):
        find = getattr(finder, "find_spec", None)
        if finder is _Finder or find is None:
            continue
        spec = find(name, path, target)
        if spec is not None:
            return spec
    return None


def _watch(name, spec):
    loader = spec.loader
    load = getattr(loader, "exec_module", None)
    if load is None or isinstance(loader, type):
        return  # an old kind of loader, or one that all modules of its kind share

    def exec_module(module):
        try:
            del loader.exec_module
        except AttributeError:
            pass
        load(module)
        if module.__name__ == name:  # one loader may serve all that lies in an archive
            _imported(name, module)

    try:
        loader.exec_module = exec_module
    except AttributeError:
        pass  # it takes no attributes: this module goes unseen
