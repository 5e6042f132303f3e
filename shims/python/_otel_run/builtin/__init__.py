"""The shim that needs nothing installed: requests, logs and exceptions of a Python program, seen
where its servers and libraries pass, and sent to the agent as they were seen (shims/CONTRACT.md).

`start` only notes what is to happen when a module is imported. A process that imports none of
them pays for this file and `hooks`; the sender's thread starts with the first record.
"""

from .. import native  # noqa: F401 (before the program can patch what is in it)
from . import hooks

# What the program imports, and the function of ours that looks after it then.
_HOOKS = (
    ("logging", "logs:capture"),
    ("threading", "exceptions:of_threads"),
    ("asyncio.base_events", "exceptions:of_loops"),
    ("signal", "ending:before_signals"),
    ("multiprocessing.util", "ending:before_children_end"),
    ("uvicorn.config", "servers:uvicorn"),
    ("starlette.routing", "routes:starlette"),
)


def start(directory):
    """Registers what is to be observed. `directory` is the shim's."""
    for module, target in _HOOKS:
        hooks.when_imported(module, hooks.later(target))
    hooks.install()
    from . import exceptions, libraries

    libraries.watch()

    exceptions.of_the_main_thread()
