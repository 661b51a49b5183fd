"""``run BUNDLE``: unpack once, make a tree, fork, call, tell. ``docs/runtime.md`` is the protocol."""

import os
import sys

from . import supervisor
from .call import Call
from .command_line import parse, write_line
from .errors import UsageError
from .json_text import parse as parse_json
from .json_text import quote
from .manifest import check_id, check_python
from .node_copy import ensure_copy, find_base, find_known, own_folder
from .outcome import FAILED, OK, failure
from .outcome_file import OutcomeFile
from .outputs import find_outputs, keep_outputs, put_back
from .owner import write_owner
from .private_folder import make_private_folder, remove_tree
from .tree import build_tree

USAGE = """usage: python3 runtime.pyz run BUNDLE [options]

Runs the bundle's function and prints its result; what the function prints stays on standard output.

  --args JSON|@FILE    positional arguments, a JSON array
  --kwargs JSON|@FILE  keyword arguments, a JSON object
  --arguments FILE     arguments that JSON cannot hold, as clustrix-bundle pickles them
  --json               one line of JSON on standard output; what the function prints goes to standard error
  --result FILE        write the pickled result to FILE: for what JSON cannot hold
  --error FILE         write what the function raised to FILE, for Python to raise it again
  --work-dir DIR       folder that cluster_* paths are relative to (default: the current folder)
  --outputs WHERE      "job" keeps the files that the function writes apart, "work_dir" moves them there
  --state DIR          where outputs are kept (default: .clustrix-<uid> in the work dir)
  --blobs DIR          where detached members are found by their SHA-256
  --id ID              refuse any other bundle
  --keep               keep the function's tree
"""


def main(arguments):
    """Run. The exit code; in the process that is to run the function, a callable that does so."""
    options = parse(
        arguments,
        USAGE,
        ["json", "keep"],
        ["args", "kwargs", "arguments", "result", "error", "work-dir", "state", "blobs", "id", "outputs"],
        1,
    )
    options.spans = None
    options.names = ()
    path = options.words[0]
    if not os.path.isfile(path):
        raise UsageError("no bundle at %s" % path)
    call = _read_arguments(options)
    if call != (None, None):
        from .work_links import names_in

        options.names = names_in(call)
    if options.arguments and (call != (None, None) or not os.path.isfile(options.arguments)):
        raise UsageError("--arguments %s is no file, or given together with --args or --kwargs" % options.arguments)
    if options.outputs not in (None, "job", "work_dir"):
        raise UsageError("--outputs is %s; choose job or work_dir" % options.outputs)
    work_dir = os.path.abspath(options.work_dir or os.getcwd())
    if not os.path.isdir(work_dir):
        raise UsageError("the work dir %s is no folder" % work_dir)
    for name, file in (("result", options.result), ("error", options.error)):
        if file and not os.path.isdir(os.path.dirname(os.path.abspath(file))):
            raise UsageError("the folder of --%s %s does not exist" % (name, file))
    state = os.path.abspath(options.state or os.path.join(work_dir, ".clustrix-%d" % os.geteuid()))
    return perform(Task, path, state, work_dir, options, call)


def perform(kind, path, state, work_dir, options, call=(None, None)):
    """Run a bundle as a `Task` or what is derived from it; as `main` does."""
    with supervisor.termination():
        task = _built(kind, path, state, work_dir, options)
        try:
            call = Call(task, *call)
            wait = supervisor.fork()
        except BaseException:
            task.remove()
            raise
    if wait is None:
        return call
    try:
        modules = getattr(sys.modules[__package__], "modules", None)
        if modules is not None:
            modules.keep(task.base)  # while the child is at work
        return task.finish(task.wait(wait))
    finally:
        task.remove()


_ATTEMPTS = 10

ARGUMENTS = "arguments"
"""File in a task's tree; those of further calls have a number behind it."""


def _built(kind, path, state, work_dir, options):
    """A task whose tree is made; from the beginning again if something (a cleaner of temporary files, another run) takes the copy away."""
    for attempt in range(_ATTEMPTS):
        task = None
        try:
            base, copy, stamp, manifest = _unpacked(path, state, options)
            task = kind(manifest, base, state, work_dir, options)
            task.build(copy, stamp, options.names)
            if options.arguments:
                task.take_arguments(options.arguments, options.spans or [0, None])
            return task
        except FileNotFoundError:
            if task is not None:
                task.discard()
            if attempt == _ATTEMPTS - 1 or not os.path.isfile(path):
                raise
        except BaseException:
            if task is not None:
                task.discard()
            raise


def _unpacked(path, state, options):
    """``(base, copy, stamp, manifest)`` of a bundle file: the node's copy of it."""
    known = find_known(path)
    if known is not None:
        check_id(known[3].id, path, options.id)
        _check_here(known[3].data)
        return known
    from .bundle import Bundle

    with Bundle(path, options.id) as bundle:
        manifest = bundle.manifest
        _check_here(manifest.data)
        base = find_base(state, 2 * manifest.size)
        copy, stamp = ensure_copy(bundle, base, options.blobs)
    return base, copy, stamp, manifest


def _check_here(data):
    check_python(data, sys.version_info[:2])
    if data.get("values"):
        from .value_needs import check_requirements

        check_requirements(data)


def _read_arguments(options):
    """``(args, kwargs)``; None for each that was not given."""
    args = _json_option(options.args, "--args", list)
    kwargs = _json_option(options.kwargs, "--kwargs", dict)
    return args, kwargs


def _json_option(text, name, kind):
    if text is None:
        return None
    if text.startswith("@"):
        try:
            with open(text[1:], "rb") as source:
                text = source.read().decode("utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError("%s: %s" % (name, error))
    try:
        value = parse_json(text)
    except (ValueError, RecursionError) as error:
        raise UsageError("%s is no JSON: %s" % (name, error))
    if type(value) is not kind:
        raise UsageError("%s should be a JSON %s" % (name, "array" if kind is list else "object"))
    return value


class Task(object):
    """One run of a bundle, as its parent process sees it.

    Attributes:
        root: The task's tree.
        most_json: Most bytes of a pickled result that is told as JSON too; None for any.
        outcome: `OutcomeFile`, where the child leaves what is to be told.
    """

    def __init__(self, manifest, base, state, work_dir, options):
        self.manifest = manifest
        self.base = base
        self.work_dir = work_dir
        self.json = options.json
        self.result_file = os.path.abspath(options.result) if options.result else None
        self.error_file = os.path.abspath(options.error) if options.error else None
        self.calls_file = options.__dict__.get("calls")
        self.arguments = []
        self.most_json = None
        self.values_python = manifest.data.get("values_python")
        self._keep = options.keep
        self._state = state
        self._links = {}
        self.to_work_dir = options.outputs == "work_dir"
        self._moved = []
        self.warnings = []
        self.root = make_private_folder(own_folder(base + "/tasks"), manifest.id[:16] + ".")
        self.outcome = OutcomeFile(self.root + "/outcome")
        if not self._keep:
            write_owner(self.root)

    def build(self, copy, stamp, more=()):
        """Fill the tree; ``more`` are names of the work dir that the arguments mean, None for all."""
        self._stamp = stamp
        data = self.manifest.data
        build_tree(copy, self.manifest, self.root, stamp)
        names = data.get("work_dir_names")
        names = None if names is None or more is None else list(names) + list(more)
        if names or names is None:
            from .work_links import link_work_dir

            self._links, self.warnings = link_work_dir(self.work_dir, self.root + "/" + data["cwd"], names)

    def take_arguments(self, path, spans):
        """Put values streams of ``--arguments FILE`` into the tree; the first line of each, JSON, says what it needs.

        Args:
            path: The file.
            spans: Where each begins, and the last one ends (None: with the file).

        Raises:
            UsageError: It is no such file.
            UnmetRequirementError: Values in it need what is not here.
        """
        from .value_needs import check_requirements

        with open(path, "rb") as source:
            for number, start in enumerate(spans[:-1]):
                end = spans[number + 1]
                source.seek(start)
                try:
                    needs = parse_json(source.readline().decode("ascii"))
                    major, minor = needs["python"]
                    self.values_python = [int(major), int(minor)]
                    row = {"name": "arguments", "type": "tuple", "requirements": needs["requirements"]}
                except (ValueError, KeyError, TypeError) as error:
                    raise UsageError("--arguments %s does not begin with what its values need: %s" % (path, error))
                check_requirements({"values": [row], "requirements": self.manifest.data.get("requirements")})
                name = "%s%s" % (ARGUMENTS, number or "")
                with open(self.root + "/" + name, "wb") as out:
                    out.write(source.read(-1 if end is None else end - source.tell()))
                self.arguments.append(name)

    def wait(self, wait):
        """The child's `supervisor.Ending`."""
        return wait()

    def remove(self):
        """Remove the tree, unless it is to be kept."""
        if not self._keep:
            self.discard()

    def discard(self):
        """Remove the tree."""
        self.outcome.close()
        remove_tree(self.root)

    def finish(self, ending):
        """Collect what the child left and tell it. The exit code; does not return if a signal is to be passed on."""
        text = self.read_outcome(ending)
        died, cause = None, None
        if text is None:
            died, cause = ending.signal, describe(ending)
            text = failure("ProcessDied", cause)
        rows, folder = self.outputs()
        if self.json:
            write_line(text + self.more(ending, rows, folder) + "}")
        else:
            self._tell_people(cause, rows, folder)
        if died is not None:
            self.remove()
            supervisor.end_by_signal(died)
        if text.startswith(OK):
            return 0
        if ending.interrupted and text.startswith(FAILED + '{"type": "KeyboardInterrupt"'):
            return 130
        return 1

    def read_outcome(self, ending):
        """The open outcome that the child left, None if there is none; its warnings are ours now."""
        lines = self.outcome.read()
        if lines is None:
            return None
        self.warnings.extend(parse_json(lines[1]))
        if ending.signal is not None:
            self.warnings.append("after the function was done, its process was killed by %s" % _signal_name(ending.signal))
        return lines[0]

    def outputs(self):
        """``(rows, folder)`` of what the function wrote, which is kept now."""
        cwd = self.manifest.data["cwd"]
        found = find_outputs(self.root, self.manifest, self._stamp)
        if self.to_work_dir:
            for path in [path for path in found if path.startswith(cwd + "/")]:
                self._links.setdefault(self.root + "/" + path, os.path.realpath(self.work_dir + path[len(cwd) :]))
        if self._links:
            left = put_back(self.root, found, self._links)
            self._moved, found = [path[len(cwd) + 1 :] for path in found if path not in set(left)], left
        if not found:
            return [], None
        if self._keep:
            return keep_outputs(self.root, found, cwd, None), self.root + "/" + cwd
        folder = self.outputs_folder()
        return keep_outputs(self.root, found, cwd, folder), folder

    def outputs_folder(self):
        """Where outputs are kept: made when there are some."""
        label = "%s-%s" % (self.manifest.data["entry"]["qualname"].rpartition(".")[2] or "task", self.manifest.id[:8])
        label = "".join(c if c.isalnum() or c in "-_" else "_" for c in label)
        return make_private_folder(own_folder(own_folder(self._state) + "/outputs"), label + ".")

    def more(self, ending, rows, folder):
        """The fields that follow in an outcome's object."""
        parts = [', "outputs": [']
        parts.append(", ".join('{"path": %s, "size": %d}' % (quote(row["path"]), row["size"]) for row in rows))
        parts.append("]")
        if self.to_work_dir:
            parts.append(', "in_work_dir": [%s]' % ", ".join(map(quote, self._moved)))
        if folder:
            parts.append(', "outputs_dir": %s' % quote(folder))
        if self._keep:
            parts.append(', "tree": %s' % quote(self.root))
        parts.append(', "warnings": [%s]' % ", ".join(map(quote, self.warnings)))
        proof = [("host", quote(os.uname().nodename)), ("pid", str(ending.pid)), ("python", quote(sys.version.split()[0]))]
        for name in ("SLURM_JOB_ID", "PBS_JOBID", "JOB_ID"):
            if os.environ.get(name):
                proof.append(("job", quote(os.environ[name])))
                break
        parts.append(', "proof": {%s}' % ", ".join('"%s": %s' % item for item in proof))
        return "".join(parts)

    def _tell_people(self, cause, rows, folder):
        if cause is not None:
            sys.stderr.write("runtime: %s\n" % cause)
        for warning in self.warnings:
            sys.stderr.write("runtime: warning: %s\n" % warning)
        if rows:
            sys.stderr.write("runtime: the function wrote %d file%s, kept in %s\n" % (len(rows), "s"[: len(rows) > 1], folder))
        if self._keep:
            sys.stderr.write("runtime: the tree is kept in %s\n" % self.root)


def describe(ending):
    """How a process ended that left no result."""
    if ending.signal is None:
        return "the process that ran the function ended itself with exit code %d and no result" % ending.code
    text = "the process that ran the function was killed by %s before it had a result" % _signal_name(ending.signal)
    if ending.signal == 9:
        text += " (out of memory, or over a limit of the scheduler?)"
    return text


def _signal_name(number):
    import _signal  # type: ignore[import-not-found]  # signal itself imports enum

    for name in dir(_signal):
        if name.startswith("SIG") and name[3:4] != "_" and getattr(_signal, name) == number:
            return name
    return "signal %d" % number
