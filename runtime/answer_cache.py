"""Answers of a filesystem that may be given again for a while: ``cache_ttl``."""

import time

from .local_files import OPERATIONS

_MOST = 4096


class AnswerCache(object):
    """A filesystem whose answers may be as old as ``ttl`` seconds; errors are never kept.

    Args:
        filesystem: Who knows.
        clock: Seconds of a clock that never goes back.
    """

    def __init__(self, filesystem, ttl, clock=time.monotonic):
        self._filesystem = filesystem
        self._ttl = ttl
        self._clock = clock
        self._answers = {}

    def __getattr__(self, name):
        ask = getattr(self._filesystem, name)
        return (lambda *args, **kwargs: self._answer(name, ask, args, kwargs)) if name in OPERATIONS else ask

    def _answer(self, name, ask, args, kwargs):
        key = name, args, tuple(sorted(kwargs.items()))
        known = self._answers.get(key)
        now = self._clock()
        if known is None or now - known[0] > self._ttl:
            if len(self._answers) >= _MOST:
                self._answers.clear()
            known = self._answers[key] = now, ask(*args, **kwargs)
        return list(known[1]) if isinstance(known[1], list) else known[1]
