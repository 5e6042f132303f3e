"""pymongo, by the command monitoring that it offers itself."""

from .. import call
from . import statement

SCOPE = "otel_run.pymongo"
# Commands on their way; more than this many at once are not observed.
_LIMIT = 4096


def observe(module):
    """`module` is `pymongo.monitoring`."""

    class Listener(module.CommandListener):
        def __init__(self):
            self._begun = {}

        def started(self, event):
            try:
                if len(self._begun) < _LIMIT:
                    span = call.begin_open(SCOPE)
                    if span is not None:
                        self._begun[_key(event)] = span, _attributes(event)
            except Exception:
                pass

        def succeeded(self, event):
            span, attributes = self._begun.pop(_key(event), (None, None))
            if span is not None:
                call.finish(span, lambda: attributes)

        def failed(self, event):
            span, attributes = self._begun.pop(_key(event), (None, None))
            if span is not None:
                call.finish(span, _failed, attributes, event.failure)

    module.register(Listener())


def _key(event):
    return event.request_id, event.connection_id


def _attributes(event):
    found = statement.target("mongodb", event.database_name, *event.connection_id[:2])
    found["db.operation.name"] = name = event.command_name
    collection = event.command.get("collection" if name == "getMore" else name)
    if isinstance(collection, str):
        found["db.collection.name"] = collection
    return found


def _failed(attributes, failure):
    kind = failure.get("errtype") or "OperationFailure"
    attributes["error.type"] = "pymongo.errors.%s" % kind
    if failure.get("code") is not None:
        attributes["db.response.status_code"] = str(failure["code"])
    return attributes
