"""Python 3.6 has no context variables. A value belongs to the task that set it and to the tasks that
this one creates; outside of tasks, to the thread. Executors pass nothing on, as ever.
"""

import sys
import threading
from weakref import WeakKeyDictionary

_variables = []


class ContextVar:
    def __init__(self, name, default=None):
        self._default = default
        self._of_thread = threading.local()
        self._of_task = WeakKeyDictionary()
        _variables.append(self)

    def get(self):
        task = _task()
        if task is not None:
            return self._of_task.get(task, self._default)
        return getattr(self._of_thread, "value", self._default)

    def set(self, value):
        before = self.get()
        self.reset(value)
        return before

    def reset(self, token):
        task = _task()
        if task is not None:
            self._of_task[task] = token
        else:
            self._of_thread.value = token


def _task():
    asyncio = sys.modules.get("asyncio")
    loop = asyncio._get_running_loop() if asyncio is not None else None
    return asyncio.Task.current_task(loop) if loop is not None else None


def tasks_inherit(base_events):
    """What a task has set, the tasks that it creates have too."""
    create = base_events.BaseEventLoop.create_task

    def create_task(self, coro):
        task = create(self, coro)
        parent = _task()
        if parent is not None:
            for variable in _variables:
                if parent in variable._of_task:
                    variable._of_task[task] = variable._of_task[parent]
        return task

    base_events.BaseEventLoop.create_task = create_task
