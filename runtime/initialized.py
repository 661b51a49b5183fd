"""A call that something has to be done before, as `ClusterExecutor(initializer=…)` asks for; named in what travels, so both ends have it."""

from os import getpid


class Initialized(object):
    """Calls ``initializer(*initargs)``, once a process, then the function.

    Args:
        function: What is called.
        initializer: What is called before.
        initargs: Its arguments.
    """

    def __init__(self, function, initializer, initargs):
        self.function = function
        self.initializer = initializer
        self.initargs = initargs
        self.ready = None
        for name in ("__module__", "__qualname__"):  # the user's project is where the function is
            if isinstance(getattr(function, name, None), str):
                setattr(self, name, getattr(function, name))

    def __call__(self, *args, **kwargs):
        if self.ready != getpid():
            self.initializer(*self.initargs)
            self.ready = getpid()
        return self.function(*args, **kwargs)
