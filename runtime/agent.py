"""``agent``: serves one client over standard input and output, until its input ends. ``docs/agent.md`` is the protocol.

The main thread reads and never waits for anything else. Workers do what is asked; a stream whose reader is slow is put aside
between two chunks, so that it holds neither memory nor a worker.
"""

import collections
import json
import os
import queue
import sys
import threading
import time
import warnings

from . import frames
from .command_line import parse
from .operations import Session, perform

USAGE = """usage: python3 runtime.pyz agent

Serves a client over standard input and output, until the input ends.
"""
WORKERS_MAX = 32
_STILL_AT_WORK_S = 1
_here = threading.local()


class Cancelled(Exception):  # noqa: N818 - no failure
    """The client does not want it any more."""


class _Task(object):
    """A request, and how far it is."""

    def __init__(self, agent, number, request):
        self.agent = agent
        self.number = number
        self.request = request
        self.chunks: object = None
        self.credit = frames.WINDOW
        self.aside = False
        self.cancelled = False
        self.told = []
        self.sent_at = time.monotonic()
        self.pieces: collections.deque = collections.deque()
        self.has_body = request.get("body", False)
        self.arrived = threading.Semaphore(0)

    def body(self):
        """What the client sends along, chunk by chunk."""
        while True:
            self.arrived.acquire()
            if self.cancelled:
                raise Cancelled
            piece = self.pieces.popleft()
            if piece is None:
                return
            yield piece
            self.send(frames.CREDIT, b"%d" % len(piece))

    def send(self, kind, payload=b""):
        self.sent_at = time.monotonic()
        self.agent.send(kind, self.number, payload)

    def step(self):
        """Do some of it. Whether it is done."""
        _here.told = self.told
        try:
            if self.cancelled:
                raise Cancelled
            if self.chunks is None:
                session = Session(*self.request["place"])
                body = self.body() if self.has_body else None
                result = perform(session, self.request["operation"], self.request["arguments"], body)
                if isinstance(result, bytes):
                    result = iter([result])
                if not hasattr(result, "__next__"):
                    return self.end(result)
                self.chunks = result
                self.send(frames.STREAM)
            try:
                chunk = next(self.chunks)  # type: ignore[call-overload]
            except StopIteration as stop:
                return self.end(stop.value)
            for at in range(0, len(chunk), frames.FRAME_MAX):
                self.send(frames.DATA, chunk[at : at + frames.FRAME_MAX])
            if not chunk and time.monotonic() - self.sent_at > _STILL_AT_WORK_S:
                self.send(frames.DATA)
            with self.agent.lock:
                self.credit -= len(chunk)
            return False
        except BaseException as error:
            getattr(self.chunks, "close", int)()
            self.send(frames.FAILURE, _text([failure_of(error), self.told]))
            return True

    def end(self, result):
        self.send(frames.RESULT, _text([result, self.told]))
        return True


class Agent(object):
    """The cluster's end of a channel.

    Args:
        source: Descriptor to read from.
        sink: Descriptor to write to.
    """

    def __init__(self, source, sink):
        self._source = source
        self._sink = sink
        self._writing = threading.Lock()
        self.lock = threading.Lock()
        self._tasks: dict = {}
        self._due: queue.Queue = queue.Queue()
        self._idle = self._workers = 0

    def send(self, kind, number, payload=b""):
        """Write a message; from any thread."""
        for frame in frames.frames(kind, number, payload):
            self._write(frame)

    def _write(self, data):
        with self._writing:
            rest = memoryview(data)
            try:
                while rest:
                    rest = rest[os.write(self._sink, rest) :]
            except OSError:  # nobody reads any more
                end()

    def serve(self):
        """Answer until the input ends."""
        self._write(frames.MAGIC)
        about = {
            "protocol": frames.PROTOCOL,
            "python": list(sys.version_info[:3]),
            "uid": os.geteuid(),
            "home": os.path.expanduser("~"),
            "pid": os.getpid(),
        }
        self.send(frames.HELLO, 0, _text(about))
        parser = frames.Parser()
        while True:
            data = os.read(self._source, 1 << 18)
            if not data:
                return
            for kind, number, payload in parser.feed(data):
                self._take(kind, number, payload)

    def _take(self, kind, number, payload):
        if kind == frames.PING:
            return self.send(frames.PONG, number)
        if kind == frames.REQUEST:
            task = self._tasks[number] = _Task(self, number, json.loads(payload.decode("ascii")))
            return self._queue(task)
        if number not in self._tasks:  # it ended meanwhile
            return None
        task = self._tasks[number]
        if kind == frames.CREDIT:
            with self.lock:
                task.credit += int(payload)
        elif kind == frames.CANCEL:
            task.cancelled = True
            task.arrived.release()
        elif kind in (frames.BODY, frames.BODY_END):
            task.pieces.append(payload if kind == frames.BODY else None)
            task.arrived.release()
        self._resume(task)

    def _resume(self, task):
        with self.lock:
            go_on = task.aside and (task.credit > 0 or task.cancelled)
            if go_on:
                task.aside = False
        if go_on:
            self._queue(task)

    def _queue(self, task):
        with self.lock:
            start = self._due.qsize() >= self._idle and self._workers < WORKERS_MAX
            self._workers += start
        self._due.put(task)
        if start:
            threading.Thread(target=self._work, daemon=True).start()

    def _work(self):
        while True:
            with self.lock:
                self._idle += 1
            task = self._due.get()
            with self.lock:
                self._idle -= 1
            while not task.step():
                with self.lock:
                    task.aside = task.credit <= 0 and not task.cancelled
                if task.aside:
                    break
                if not self._due.empty():  # others wait: one chunk at a time
                    self._due.put(task)
                    break
            else:
                self._tasks.pop(task.number, None)


def failure_of(error):
    """An exception as JSON: what its class is called, and what it is made of."""
    fields: dict = {"type": type(error).__name__, "message": str(error)}
    if isinstance(error, OSError):
        fields.update(errno=error.errno, strerror=error.strerror, filename=_name(error.filename))
    elif not isinstance(error, (ValueError, Cancelled)):
        import traceback

        fields["traceback"] = "".join(traceback.format_exception(type(error), error, error.__traceback__))
    return fields


def _name(filename):
    return os.fsdecode(filename) if isinstance(filename, bytes) else filename


def _text(value):
    return json.dumps(value, separators=(",", ":")).encode("ascii")


def _keep_warning(message, category, *_, **__):
    _here.told.append([category.__name__, str(message)])


def end():
    """Leave, and take along what was started and should not stay."""
    started = sys.modules.get(__package__ + ".process_operations")
    if started:
        started.end_all()
    os._exit(0)


def main(arguments):
    """Serve. The exit code."""
    parse(arguments, USAGE, [], [], 0)
    source, sink = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)  # what is not ours does not get between the frames
    sys.setswitchinterval(0.001)
    warnings.simplefilter("always")
    warnings.showwarning = _keep_warning
    try:
        Agent(source, sink).serve()
    except Exception as error:
        sys.stderr.write("agent: %s: %s\n" % (type(error).__name__, error))
        sys.stderr.flush()
    finally:
        end()
