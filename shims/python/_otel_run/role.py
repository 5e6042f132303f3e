"""What is this process? Tools that happen to run below the target are left alone."""

import os
import sys

# Tools, and everything that they start is a tool too.
TOOLS = frozenset(
    """
    pip ensurepip venv virtualenv build wheel twine setup easy_install pyproject-build
    compileall py_compile _in_process get_interpreter_info
    apt apt-get apt-key add-apt-repository aptitude yum dnf dnf-3 cloud-init unattended-upgrade
    ansible ansible-playbook ansible-galaxy aws az gcloud gsutil
    black ruff flake8 isort mypy pylint pyright pre-commit pytest py.test
    supervisorctl gdb git-remote-hg git-filter-repo reportbug lsb_release
    """.split()
)

# Tools that start the program proper: inert themselves, their children are not.
RUNNERS = frozenset(
    """
    poetry pipenv pdm hatch pipx conda mamba tox nox uv uvx rye dotenv honcho supervisord
    opentelemetry-instrument ddtrace-run newrelic-admin
    """.split()
)

_HELPERS = ("from multiprocessing.resource_tracker ", "from multiprocessing.semaphore_tracker ")
_WITH_VALUE = "WXcm"


def command_line():
    """The interpreter's whole command line; sys.argv is not there yet in every version."""
    line = getattr(sys, "orig_argv", None)
    if line:
        return list(line)
    try:
        with open("/proc/self/cmdline", "rb") as file:
            return [os.fsdecode(part) for part in file.read().split(b"\0")[:-1]]
    except OSError:
        return []


def program(line):
    """What the interpreter runs: ("script" | "module" | "code" | "interactive", text)."""
    arguments = iter(line[1:])
    for argument in arguments:
        if argument == "--check-hash-based-pycs":
            next(arguments, None)
        elif argument.startswith("--"):
            continue
        elif argument == "-":
            return "interactive", ""
        elif argument.startswith("-"):
            for position, letter in enumerate(argument[1:], 2):
                if letter in _WITH_VALUE:
                    value = argument[position:] or next(arguments, "")
                    if letter == "m":
                        return "module", value
                    if letter == "c":
                        return "code", value
                    break
        else:
            return "script", argument
    return "interactive", ""


def base_name(kind, text):
    """The name by which the lists know a program."""
    if kind == "module":
        head = text.split(".")[0]
        return head if text.endswith(".__main__") or "." not in text else text
    name = os.path.basename(text)
    if name == "__main__.py":
        name = os.path.basename(os.path.dirname(text))
    if name.endswith(".py"):
        name = name[:-3]
    if name.startswith("pip") and name[3:].replace(".", "").isdigit():
        name = "pip"
    return name


def _named(variable, names):
    """Whether patterns in a variable fit one of the names; None without patterns."""
    patterns = os.environ.get(variable)
    if not patterns:
        return None
    from fnmatch import fnmatchcase  # brings `re` with it

    return any(fnmatchcase(name, pattern) for pattern in patterns.split("\n") for name in names)


def judge(line):
    """("active", why), ("runner", why) or ("tool", why)."""
    kind, text = program(line)
    if kind == "code":
        if text.startswith(_HELPERS):
            return "runner", "a helper of multiprocessing"
        return "active", ""
    if kind == "interactive":
        return "active", ""
    name = base_name(kind, text)
    if name == os.environ.get("OTEL_RUN_INCLUDE"):
        return "active", ""
    names = (text, name, os.path.basename(text))
    if _named("OTEL_RUN_SKIP", names):
        return "runner", "--skip"
    if _named("OTEL_RUN_ONLY", names) is False:
        return "runner", "--only"
    if name in TOOLS:
        return "tool", name
    if name in RUNNERS:
        return "runner", name
    return "active", ""
