"""Puts a function of ours in the place of a method."""

import functools


def method(owner, name):
    """`@method(Class, "name")` over `def ours(theirs, self, …)`: calls of the method become calls of
    ours, which gets the method that was there first. Nothing happens if there is none."""

    def replace(ours):
        theirs = getattr(owner, name, None)
        if theirs is None:
            return ours

        @functools.wraps(theirs)
        def method(self, *args, **kwargs):
            return ours(theirs, self, *args, **kwargs)

        setattr(owner, name, method)
        return ours

    return replace


def after(owner, name):
    """Like `method`, for what is to happen once theirs has returned: `def ours(self, result)`. What goes
    wrong in ours is not seen by the program."""

    def replace(ours):
        @method(owner, name)
        def wrapper(theirs, self, *args, **kwargs):
            result = theirs(self, *args, **kwargs)
            try:
                ours(self, result)
            except KeyboardInterrupt:
                raise  # ^C is meant for the program
            except BaseException:
                pass
            return result

        return ours

    return replace
