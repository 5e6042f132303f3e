"""The one line that this launch may print."""

import os


def say(text):
    """Prints one line to stderr, at most once in this process and those that it starts."""
    quiet = os.environ.get("OTEL_RUN_QUIET", "").strip().lower() not in ("", "false")
    if quiet or os.environ.get("OTEL_RUN_SAID"):
        return
    os.environ["OTEL_RUN_SAID"] = "1"
    # Part of the text comes from outside: one line, and nothing that a terminal obeys.
    text = "".join(each if each.isprintable() else "?" for each in " ".join(text.split())[:500])
    line = "otel-run: %s\n" % text
    try:
        os.write(2, line.encode("utf-8", "replace"))
    except OSError:
        pass
