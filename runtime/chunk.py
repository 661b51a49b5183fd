"""Calls that a task makes one after the other in one process, and tells one by one: the file ``calls``.

For each call that has ended the file holds a pickle (protocol 4) of ``(ok, outcome, content)``: the text of the call's own outcome,
and the pickled result, or what a failure file holds (`failure_file`; empty where that cannot be had).
"""

from io import BytesIO

from .call import unshared, write_error
from .entry import complete
from .outcome import NOT_TOLD, OK

_RESULT = OK + '"result": '


def call_each(call, task, function, pickle):
    """Call a function with each of the task's arguments, whatever becomes of the calls before. The task's open outcome, and warnings."""
    told = []
    failed, first, warnings = [], b"", []  # type: ignore[var-annotated]
    with open(task.calls_file, "wb", opener=unshared) as out:
        for number, name in enumerate(task.arguments):
            content, ended = BytesIO(), None
            try:
                args, kwargs = call.arguments(name)
                result = complete(function(*args, **kwargs))
            except BaseException as error:
                ended = error
            if not call.is_here:
                break
            if ended is None:
                text, more = call.told(result, lambda: call.pickled(result, content)), []  # noqa: B023 - called at once
            else:
                text, kept, more = call.told_failure(ended)
                content = BytesIO(kept)
            ok = text.startswith(OK)
            told.append(text)
            if not ok:
                first = first if failed else content.getvalue()
                failed.append(number)
            warnings += [one for one in more if one not in warnings]
            pickle.dump((ok, text, content.getvalue() if ok or ended is not None else b""), out, 4)
            out.flush()  # whatever the next call does to this process
            args = kwargs = result = None
            if ended is not None and not isinstance(ended, (Exception, SystemExit)):
                break
    if not failed:
        return _together(told, task.most_json), warnings
    if first:
        write_error(task.error_file, first)
    return told[failed[0]] + ', "calls": %d, "failed_calls": %s' % (len(task.arguments), failed), warnings


def _together(told, most):
    """The outcome of calls that have all come back: their results as a list, as far as JSON has them and there is room."""
    parts = [text[len(_RESULT) :].rpartition(', "exact": ') for text in told]
    if most is not None and sum(len(part[0]) for part in parts) > most:
        return NOT_TOLD
    exact = all(part[2] == "true" for part in parts)
    return '%s[%s], "exact": %s' % (_RESULT, ", ".join(part[0] for part in parts), "true" if exact else "false")
