

def _main():
    """What bootstrap wants to know of this interpreter, as one line of JSON. Its arguments are the
    elements of PYTHONPATH, which an isolated interpreter does not see by itself, and whether the user's own
    packages count."""
    import importlib.util
    import json
    import platform
    import site
    import sysconfig

    extra, user = sys.argv[2:], sys.argv[1] == "user"
    if user and sys.prefix == sys.base_prefix:
        folder = site.getusersitepackages()
        if os.path.isdir(folder):
            before = list(sys.path)
            site.addsitedir(folder)
            extra += [each for each in sys.path if each not in before]
    folders = [each for each in extra + sys.path if os.path.isdir(each)]
    pip = importlib.util.find_spec("pip")
    facts = {
        "version": platform.python_version(),
        "identity": identity(),
        "platform": sysconfig.get_platform(),
        "libc": " ".join(platform.libc_ver()).strip(),
        "prefix": os.path.realpath(sys.prefix),
        "executable": sys.executable,
        "pip": pip is not None,
        "folders": folders,
        "packages": installed(folders),
    }
    sys.stdout.write("\notel-run %s\n" % json.dumps(facts))


_main()
