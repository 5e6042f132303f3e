"""The overlay: official packages that `otel-run bootstrap` has brought for one environment, in a
folder outside of it. Its record lists what was installed then; anything else now, and it is stale.

Bootstrap asks the interpreter with this file, so both see an environment alike. It imports
nothing that a starting interpreter has not loaded.
"""

import os
import sys

# A record is a line for each distribution.
_LONGEST = 1 << 20


def identity():
    """What compiled files fit, as one word: `cpython-312-linux-x86_64-linux-gnu`."""
    machine = getattr(sys.implementation, "_multiarch", "") or os.uname()[4]
    flags = getattr(sys, "abiflags", "")
    return "-".join((sys.implementation.cache_tag + flags, sys.platform, machine))


def installed(folders):
    """`name==version` of each distribution in these folders, sorted. Of one name the first
    counts, as for an import."""
    found = {}
    for folder in folders:
        try:
            entries = sorted(os.listdir(folder))
        except OSError:
            continue
        for entry in entries:
            stem, dot, kind = entry.rpartition(".")
            if kind == "dist-info":
                name, _, version = stem.rpartition("-")
            elif kind == "egg-info":
                # Foo, Foo-1.0 or Foo-1.0-py3.8
                name, version = (stem.split("-") + [""])[:2]
            else:
                continue
            name = name.lower().replace("_", "-").replace(".", "-")
            # ~ is what pip leaves behind when it is interrupted.
            if name and not name.startswith("~"):
                found.setdefault(name, version)
    return sorted("%s==%s" % pair for pair in found.items())


def record():
    """Where the record for this interpreter lies, if anything is to be looked at."""
    root = os.environ.get("OTEL_RUN_OVERLAY")
    if not root:
        return None
    return "%s/python/environments%s/%s" % (root, os.path.realpath(sys.prefix), identity())


def use():
    """Puts the overlay of this environment behind everything else on the path, if there is one
    that fits. Returns its folder."""
    path = record()
    try:
        with open(path or os.devnull, encoding="utf-8") as file:
            lines = file.read(_LONGEST).split("\n")
    except (OSError, ValueError):
        return None
    if lines[0] != "otel-run overlay 1":
        return None
    values = [line.partition(" ")[::2] for line in lines]
    if [value for key, value in values if key == "package"] != installed(sys.path):
        from .notice import say

        say(
            "the packages in %s are no longer those for which bootstrap was run: its overlay is not used "
            "(run otel-run bootstrap again)" % sys.prefix
        )
        return None
    for key, value in values:
        if key == "folder":
            folder = os.path.join(os.environ["OTEL_RUN_OVERLAY"], "python", value)
            if os.path.isdir(folder):
                sys.path.append(folder)
                return folder
    return None
