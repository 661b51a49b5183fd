"""Many filesystem operations in one: calls give futures, and reading one of them before the end sends all that wait."""

from concurrent.futures import Future

from .local_files import OPERATIONS


class BatchFuture(Future):
    """A `concurrent.futures.Future` whose result is asked for when it is read."""

    def __init__(self, batch):
        Future.__init__(self)
        self._batch = batch

    def result(self, timeout=None):
        self._batch.flush()
        return Future.result(self, timeout)

    def exception(self, timeout=None):
        self._batch.flush()
        return Future.exception(self, timeout)


class Batch(object):
    """What ``fs.batch()`` gives: every operation of the filesystem, each giving a `BatchFuture`.

    Args:
        run: Takes a list of (operation, args, kwargs) and gives as many outcomes in order, (True, result) or (False, exception).
    """

    def __init__(self, run):
        self._run = run
        self._waiting = []

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        if kind is None:
            self.flush()
        else:
            for _, future in self._take():
                future.cancel()

    def __getattr__(self, name):
        if name not in OPERATIONS:
            raise AttributeError("a batch has no operation {!r}, only {}".format(name, ", ".join(OPERATIONS)))
        return lambda *args, **kwargs: self._add((name, args, kwargs))

    def __dir__(self):
        return sorted(list(object.__dir__(self)) + list(OPERATIONS))

    def _add(self, call):
        future = BatchFuture(self)
        self._waiting.append((call, future))
        return future

    def _take(self):
        waiting, self._waiting = self._waiting, []
        return waiting

    def flush(self):
        """Send what waits; errors of single calls go to their futures."""
        waiting = [(call, future) for call, future in self._take() if future.set_running_or_notify_cancel()]
        if not waiting:
            return
        try:
            outcomes = self._run([call for call, _ in waiting])
        except BaseException as error:
            for _, future in waiting:
                future.set_exception(error)
            raise
        for (_, future), (done, outcome) in zip(waiting, outcomes):
            if done:
                future.set_result(outcome)
            else:
                future.set_exception(outcome)


def run_one_by_one(filesystem, calls):
    """Outcomes of calls on a filesystem that has no faster way for many."""
    outcomes = []
    for name, args, kwargs in calls:
        try:
            outcomes.append((True, getattr(filesystem, name)(*args, **kwargs)))
        except Exception as error:
            outcomes.append((False, error))
    return outcomes
