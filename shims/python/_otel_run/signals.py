"""A process that is about to end by a signal of its own, as uvicorn does once it has shut down."""


def before_death(signal, flush):
    """Calls `flush()` when `signal.raise_signal` is about to kill this process."""
    raise_signal = getattr(signal, "raise_signal", None)
    if raise_signal is None:
        return  # before Python 3.8
    fatal = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT)

    def watched(signalnum):
        try:
            if signal.getsignal(signalnum) is signal.SIG_DFL and signalnum in fatal:
                flush()
        except Exception:
            pass
        return raise_signal(signalnum)

    watched.__name__ = watched.__qualname__ = raise_signal.__name__
    watched.__doc__ = raise_signal.__doc__
    watched.__wrapped__ = raise_signal
    signal.raise_signal = watched
