"""The call itself, in the forked child: load, call, leave the outcome in a file for the parent."""

import os
import sys
from errno import EDQUOT, EFBIG, EIO, ENOSPC
from os import getpid, rename, unlink, urandom, write
from os import open as open_file

from . import entry, quick_exit
from .intact import Interpreter
from .json_text import NotJSONError, quote, render
from .outcome import NOT_TOLD, exception, failure, message_of, success, success_elsewhere, traceback_of


class Call(object):
    """Calling it runs the function; it stands close to the interpreter's bottom frame, as the user's script would."""

    def __init__(self, task, args, kwargs):
        self._task = task
        self._args = args
        self._kwargs = kwargs
        self._pid = None
        self._phase = "import"
        self._streams = sys.stdout, sys.stderr
        self._interpreter = Interpreter()
        data = task.manifest.data
        values = task.arguments or data.get("values") or data.get("arguments") or data["entry"]["kind"] == "value"
        if task.result_file or task.error_file or values:
            self._interpreter.load_pickle([task.root + "/" + path for path in data["sys_path"]], values)
        if task.error_file:
            from . import failure_file

            self._failure_file = failure_file
        if task.calls_file:
            from . import chunk

            self._chunk = chunk
        self._known = quick_exit.before_fork()

    def __call__(self):
        self._pid = getpid()
        try:
            self._call()
        except BaseException as error:  # telling it has failed
            self._leave(failure(type(error).__name__, message_of(error)), [])
        if getpid() == self._pid:
            quick_exit.leave(self._known)
        return 0

    def _call(self):
        task = self._task
        try:
            if task.json:
                _stdout_to_stderr()
            main = entry.prepare(task.root, task.manifest, task.work_dir, zip_path())
            function = entry.load(task.root, task.manifest, main)
            if task.calls_file:
                text, warnings = self._chunk.call_each(self, task, function, self._interpreter.pickle)
                return self._leave(text, warnings)
            args, kwargs = self.arguments()
            result = entry.complete(function(*args, **kwargs))
        except BaseException as error:
            self._failed(error)
        else:
            self._done(result)

    def arguments(self, name=None):
        """Positional and keyword arguments of the call, or those of a file in the tree; what comes then is the call."""
        self._phase = "arguments"
        given = self._arguments(name)
        self._phase = "call"
        return given

    @property
    def is_here(self):
        """Whether this is the process that the runtime forked; not one that the function forked in turn."""
        return getpid() == self._pid

    def _arguments(self, name):
        if self._task.arguments:
            from . import values
            from .restoring import undisturbed

            name = name or self._task.arguments[0]
            return undisturbed(
                values.load_stream, (self._task.root, name, values.ARGUMENTS if name == self._task.arguments[0] else name)
            )
        if self._args is None and self._kwargs is None and self._task.manifest.data.get("arguments"):
            from . import values
            from .restoring import undisturbed

            return undisturbed(values.load_arguments, (self._task.root, self._task.manifest.data))
        return self._args or (), self._kwargs or {}

    def _done(self, result):
        task = self._task
        path = task.result_file
        text = self.told(result, (lambda: write_pickle(path, result, self._interpreter)) if path else None)
        if not task.json and not path and result is not None:
            lost = self._say(0, _readable(result) + "\n")
            if lost is not None:
                message = "the result cannot be printed: %s" % lost
                self._say(1, "runtime: %s\n" % message)
                text = failure(type(lost).__name__, message)
        self._leave(text, [])

    def told(self, result, keep):
        """The open outcome of a call that came back; ``keep`` writes its pickle and gives the size, if there is to be one."""
        task, interpreter = self._task, self._interpreter
        interpreter.put_back()
        try:
            if keep:
                size = keep()
                return success_elsewhere(result) if task.most_json is None or size <= task.most_json else NOT_TOLD
            return success(result if task.json else None)
        except NotJSONError as error:
            return failure("ResultNotJSON", "%s: use --result FILE to get its pickle" % error)
        except _NotPicklableError as error:
            return failure("ResultNotPicklable", str(error), traceback_of(error.__cause__, interpreter, task.root))
        except _NotWrittenError as error:
            return failure(type(error.__cause__).__name__, str(error))
        except BaseException as error:  # a strange result's own code
            return exception(error, interpreter, task.root)

    def pickled(self, result, out):
        """Pickle a result into an open file; the file's position after it."""
        return _dump(result, self._interpreter, out)

    def _failed(self, error):
        text, content, warnings = self.told_failure(error)
        if content:
            write_error(self._task.error_file, content)
        self._leave(text, warnings)

    def told_failure(self, error):
        """The open outcome of a call that raised, the content of its failure file, warnings."""
        task, interpreter = self._task, self._interpreter
        interpreter.put_back()
        text, content = exception(error, interpreter, task.root), b""
        why = self._why_unreadable(error)
        if why:
            text = failure("ValueNotReadable", why, traceback_of(error, interpreter, task.root))
        elif task.error_file:
            try:
                content = self._failure_file.render_failure(error, self._phase, interpreter, task.root, captured_definitions())
            except BaseException:  # no memory: the outcome says what can be said
                pass
        if not task.json:
            self._say(1, traceback_of(error, interpreter, task.root))
        return text, content, _missing_requirement(error, task.manifest.data)

    def _why_unreadable(self, error):
        if self._phase == "call" or not self._task.values_python:
            return ""
        from .value_needs import explain

        return explain(error, self._task.values_python, self._task.manifest.data)

    def _leave(self, text, warnings):
        if getpid() != self._pid:  # a process that the function forked came back from it
            return
        outcome = self._task.outcome
        try:
            outcome.write(text, list(map(quote, warnings)))
        except OSError as error:  # a full disk may still have room for this
            outcome.write(failure(type(error).__name__, "what is to be told cannot be written: %s" % error), [])

    def _say(self, number, text):
        """Write to the standard output (0) or standard error (1) that the process began with. The error of a disk that takes no more."""
        stream = self._streams[number]
        try:
            try:
                stream.write(text)
            except UnicodeEncodeError:
                stream.write(text.encode("ascii", "backslashreplace").decode())
            stream.flush()
        except (ValueError, AttributeError, OSError):  # closed, or None
            try:
                write(number + 1, text.encode("utf-8", "backslashreplace"))
            except OSError as error:
                if error.errno in (ENOSPC, EDQUOT, EFBIG, EIO):
                    return error
        return None


class _NotPicklableError(Exception):
    pass


class _NotWrittenError(Exception):
    pass


def write_pickle(path, value, interpreter):
    """Write a pickle (protocol 4: every Python since 3.4) beside ``path`` and rename it there; its size."""
    try:
        return _write(path, lambda out: _dump(value, interpreter, out))
    except OSError as error:
        raise _NotWrittenError("the function is done, but its result cannot be written: %s" % error) from error


def write_error(path, content):
    """The same for a failure file, if there is room for it."""
    try:
        _write(path, lambda out: out.write(content))
    except OSError:  # the outcome says what can be said
        pass


def unshared(path, flags):
    """Open a file that nobody else can write, whatever umask is set: who reads pickles back asks for that."""
    return open_file(path, flags, 0o644)


def _write(path, write_into):
    part = "%s.%s.part" % (path, urandom(6).hex())
    try:
        with open(part, "wb", opener=unshared) as out:
            size = write_into(out)
        rename(part, path)
        return size
    except BaseException:
        _remove(part)
        raise


def _dump(value, interpreter, out):
    try:
        interpreter.dump_whole(interpreter.pickle, out, value, captured_definitions())
    except OSError:
        raise
    except BaseException as error:
        raise _NotPicklableError("the result cannot be pickled: %s" % message_of(error)) from error
    return out.tell()


def _remove(part):
    try:
        unlink(part)
    except OSError:
        pass


def captured_definitions():
    """By id, the names of functions and classes that travelled by definition; empty where no values were read."""
    values = sys.modules.get(__package__ + ".values")
    return values.captured_definitions() if values is not None else {}


def _readable(result):
    try:
        return render(result)[0]
    except NotJSONError:
        pass
    try:
        return repr(result)
    except BaseException as error:
        return "<no text: its repr() raised %s>" % type(error).__name__


def _stdout_to_stderr():
    """Whatever writes to standard output from here on, C code and child processes too, writes to standard error."""
    sys.stdout.flush()
    try:
        os.dup2(2, 1)
    except OSError:  # no standard error at all
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)


def zip_path():
    """The runtime's file, or the folder that holds its package."""
    return os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def _missing_requirement(error, data):
    name = (getattr(error, "name", None) or "").partition(".")[0] if isinstance(error, ImportError) else ""
    return [
        "%s==%s, which the bundle needs, is not installed for %s" % (row.get("name"), row.get("version"), sys.executable)
        for row in data.get("requirements") or []
        if name and name in (row.get("modules") or [])
    ]
