"""Who builds an environment: a file made exclusively, and a heartbeat that is a counter, since clocks of two machines are never compared.

Claims save work, correctness does not rest on them: each attempt builds in a folder of its own, and one link decides which one counts.
"""

import os
import threading

from clustrix_bundle.runtime.job_folder import make_first, write_whole
from clustrix_bundle.runtime.owner import identity, is_gone

BEAT_S = 10
_CLAIM, _BEAT = "/claim", "/beat"


class Claim:
    """A builder at work.

    Attributes:
        attempt: Its token.
        process: `owner.identity` of it.
    """

    def __init__(self, attempt, process):
        self.attempt, self.process = attempt, process

    @property
    def is_gone(self):
        """Whether it surely died; of a process of another machine only its heartbeat tells."""
        return is_gone(self.process)


def read_claim(folder):
    """The `Claim` on an environment; None where there is none."""
    try:
        with open(folder + _CLAIM, "rb") as source:
            lines = source.read().decode("utf-8", "surrogateescape").split("\n")
    except OSError:
        return None
    return Claim(lines[0], lines[1:])


def read_beat(folder):
    """The heartbeat's counter; 0 where there is none."""
    try:
        with open(folder + _BEAT, "rb") as source:
            return int(source.read() or 0)
    except (OSError, ValueError):
        return 0


def take_claim(folder, attempt, over=""):
    """Claim an environment for this process; whether it is ours now.

    Args:
        folder: The environment's.
        attempt: Token of this attempt.
        over: Token of an attempt that somebody has given up waiting for.
    """
    content = "\n".join([attempt] + identity()).encode("utf-8", "surrogateescape")
    for _ in range(3):
        if make_first(folder + _CLAIM, content):
            return True
        there = read_claim(folder)
        if there is None:
            continue
        if there.attempt == attempt:  # a network file system lost the answer
            return True
        if not (there.is_gone or there.attempt == over) or not _break(folder, there.attempt, attempt):
            return False
    return False


def release_claim(folder, attempt):
    """Give it up, if it is still ours."""
    there = read_claim(folder)
    if there is not None and there.attempt == attempt:
        os.unlink(folder + _CLAIM)


def _break(folder, judged, attempt):
    """Take away the claim that was judged; if another one stands there by now, it is put back."""
    aside = "%s/.broken-%s" % (folder, attempt)
    try:
        os.rename(folder + _CLAIM, aside)
    except FileNotFoundError:
        return True
    try:
        with open(aside, "rb") as source:
            if source.read().decode("utf-8", "surrogateescape").split("\n")[0] == judged:
                return True
        os.link(aside, folder + _CLAIM)
        return False
    except OSError:
        return False
    finally:
        os.unlink(aside)


class Heart:
    """Counts the beat up while a ``with`` block runs."""

    def __init__(self, folder, every_s=BEAT_S):
        self._folder, self._every_s = folder, every_s
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._beat, daemon=True)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()

    def _beat(self):
        count = read_beat(self._folder)
        while True:
            count += 1
            try:
                write_whole(self._folder + _BEAT, b"%d" % count)
            except OSError:  # no space: the build itself will say so
                pass
            if self._end.wait(self._every_s):
                return
