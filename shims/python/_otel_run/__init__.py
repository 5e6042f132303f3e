"""What otel-run does inside a Python process: load the application's own OpenTelemetry
packages as `opentelemetry-instrument` would, and bring what they produce to the agent.

`begin` decides, `official` starts the SDK, `exporters` with `encode` and `wire` and `channel`
carry the data, `logs` captures `logging`, `django` waits for Django's settings, `fork` and
`ending` look after processes that are forked and that end, `identity` tells them apart.
"""

import sys

_FOLDERS = ("", "/builtin", "/builtin/api", "/builtin/client", "/builtin/database")


def _keep_compiled():
    """Python keeps compiled files of ours although it is told to write none (PYTHONDONTWRITEBYTECODE, as in many
    images): they lie in our own folder, and each process would compile for 20 ms. Where nothing can be
    written, nothing is."""
    from _frozen_importlib_external import FileFinder, SourceFileLoader

    class Loader(SourceFileLoader):
        def get_code(self, fullname):
            told, sys.dont_write_bytecode = sys.dont_write_bytecode, False
            try:
                return super().get_code(fullname)
            finally:
                sys.dont_write_bytecode = told

    for folder in _FOLDERS:
        folder = __path__[0] + folder
        sys.path_importer_cache[folder] = FileFinder(folder, (Loader, [".py"]))


if sys.dont_write_bytecode:
    try:
        _keep_compiled()
    except Exception:
        pass
