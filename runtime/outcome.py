"""What a run gives back, as the text that goes into ``--json``'s one line (``docs/runtime.md``)."""

from .json_text import NotJSONError, quote, render

OK = '{"ok": true, '
NOT_TOLD = OK + '"result": null, "exact": false'
FAILED = '{"ok": false, "error": '


def success(result):
    """The open beginning of an outcome's object: more fields and the brace follow.

    Raises:
        NotJSONError: JSON cannot hold the result.
    """
    text, exact = render(result)
    return '%s"result": %s, "exact": %s' % (OK, text, "true" if exact else "false")


def success_elsewhere(result):
    """The same where the result's pickle is in a file: JSON that cannot hold it says null, and that it is not exact."""
    try:
        return success(result)
    except NotJSONError:
        return NOT_TOLD


def failure(kind, message, traceback=""):
    """The open beginning of a failed outcome."""
    return '%s{"type": %s, "message": %s, "traceback": %s}' % (FAILED, quote(kind), quote(message), quote(traceback))


def exception(error, interpreter, root):
    """A failure from an exception of the user's code.

    Args:
        error: Any exception.
        interpreter: `intact.Interpreter`.
        root: The task's tree; its paths are shown relative to the project.
    """
    return failure(type(error).__name__, message_of(error), traceback_of(error, interpreter, root))


def message_of(error):
    """``str(error)``, whatever that does."""
    try:
        text = str(error)
        return text if type(text) is str else str.__str__(text)
    except BaseException as second:
        return "<no text: its str() raised %s>" % type(second).__name__


def traceback_of(error, interpreter, root):
    """The traceback's text: without the runtime's own frames at its head, files named as in the user's project."""
    frames = _user_frames(error.__traceback__)
    try:
        traceback = interpreter.standard_module("traceback")
        text = "".join(traceback.format_exception(type(error), error, frames))
    except BaseException:  # an exception class can break it, and so can code that changes what it leans on
        text = _plainly(error, frames)
    return shorten_paths(text, root)


def _plainly(error, frames):
    """A traceback by nothing but what this module holds."""
    lines = []
    while frames is not None:
        code = frames.tb_frame.f_code
        lines.append('  File "%s", line %d, in %s\n%s' % (code.co_filename, frames.tb_lineno, code.co_name, _line(code, frames)))
        frames = frames.tb_next
    if lines:
        lines.insert(0, "Traceback (most recent call last):\n")
    return "%s%s: %s\n" % ("".join(lines[:50]), type(error).__name__, message_of(error))


def _line(code, frame):
    try:
        with open(code.co_filename, "rb") as source:
            for number, line in enumerate(source, 1):
                if number == frame.tb_lineno:
                    return "    %s\n" % line.decode("utf-8", "replace").strip()
    except BaseException:
        pass
    return ""


def shorten_paths(text, root):
    """Paths of the task's tree in a traceback, as the user knows them."""
    head = 'File "' + root + "/"
    if head not in text:
        return text
    parts = text.split(head)
    for index in range(1, len(parts)):
        part = parts[index]
        if part.startswith("project/"):
            part = part[len("project/") :]
        elif part.startswith("extra/"):
            part = part.partition("/")[2].partition("/")[2]
        parts[index] = 'File "' + part
    return "".join(parts)


def _user_frames(frames):
    """The traceback from the user's first frame on; without the call itself, and what it went through to import or await."""
    first = frames
    while frames is not None:
        name = str(frames.tb_frame.f_globals.get("__name__", ""))
        if name not in _CALLING and name.partition(".")[0] not in ("importlib", "asyncio"):
            return frames
        frames = frames.tb_next
    last = first
    while last is not None and last.tb_next is not None:
        last = last.tb_next
    name = str(last.tb_frame.f_globals.get("__name__", "")) if last is not None else ""
    if name.startswith(__package__ + ".") and name not in _CALLING:
        return first  # the runtime failed, not the user's code
    return None  # no such function, not these arguments, a module that does not compile


_CALLING = tuple(__package__ + "." + name for name in ("call", "chunk", "entry", "whole_pickle"))
