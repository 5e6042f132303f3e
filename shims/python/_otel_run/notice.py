"""The one line that this launch may print."""

import os


def say(text):
    """Prints one line to stderr, at most once in this process and those that it starts."""
    quiet = os.environ.get("OTEL_RUN_QUIET", "").strip().lower() not in ("", "false")
    if quiet or os.environ.get("OTEL_RUN_SAID"):
        return
    os.environ["OTEL_RUN_SAID"] = "1"
    line = "otel-run: " + " ".join(text.split())[:500] + "\n"
    try:
        os.write(2, line.encode("utf-8", "replace"))
    except OSError:
        pass
