"""`cluster`, `configure` and `get_config` as they are in a job: the job is where the function was to run."""


def cluster(function=None, **options):  # noqa: ARG001
    """The decorator passes the function through, bare or with arguments; ``.local`` and ``.submit`` of it run in place."""
    return _decorate if function is None else _decorate(function)


def _decorate(function):
    qualname = getattr(function, "__qualname__", "")
    owner = qualname.rpartition(".")[0]
    if owner and not owner.endswith("<locals>"):
        return _Method(function)
    try:
        function.local = function
        function.submit = lambda *args, **kwargs: submit(function, args, kwargs)
    except AttributeError:  # a builtin, an object with slots: it has no room for them
        return _Method(function)
    return function


class _Method(object):
    """A decorated function of a class body: bound like any other, with ``local`` and ``submit`` bound as well."""

    def __init__(self, function):
        import functools

        functools.update_wrapper(self, function)
        self.local = function

    def __call__(self, *args, **kwargs):
        return self.local(*args, **kwargs)

    def __get__(self, instance, owner=None):
        return _Method(self.local.__get__(instance, owner))

    def __reduce__(self):
        return self.__dict__["__qualname__"]

    def submit(self, *args, **kwargs):
        """Run in place; a future that is done."""
        return submit(self.local, args, kwargs)


def submit(function, args, kwargs):
    """Run in place; a future that is done, with what a `Job` has besides."""
    from concurrent.futures import Future

    from .entry import complete

    class InPlaceJob(Future):
        id = "in-place"
        state = "completed"

        def logs(self, *args, **kwargs):  # noqa: ARG002 - it went to the job's own log
            return ""

    job = InPlaceJob()
    try:
        job.set_result(complete(function(*args, **kwargs)))
    except Exception as error:
        job.state = "failed"
        job.set_exception(error)
    return job


_configured = None


def configure(**fields):
    """Check the fields and keep them for `get_config`; the job stays where it is."""
    global _configured
    from .config import ClusterConfig

    _configured = ClusterConfig(**fields)
    return _configured


def get_config():
    """What `configure` was told in this job, else the job's own: local, in the work dir."""
    from .active import active_config

    return active_config() if _configured is None else _configured
