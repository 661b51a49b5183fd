"""The entry point: found in the task's tree, called, and its result made whole. Runs in the forked child.

The user's code sees what it would see at home: the tree's folders first on ``sys.path``, its own ``__main__``, its own working
directory, the main thread. The runtime's zip stands behind the tree on ``sys.path``, so that imports of `clustrix_bundle` and
`clustrix` find the stand-ins, in child processes too (``PYTHONPATH``).
"""

import os
import sys

from .json_text import parse, render


def prepare(root, manifest, work_dir, zip_path):
    """Arrange the process for the user's code: folder, environment, ``sys.path``, ``sys.argv`` and ``__main__``."""
    data = manifest.data
    folders = [root + "/" + path for path in data["sys_path"]]
    if zip_path in sys.path:
        sys.path.remove(zip_path)
    sys.path[:0] = folders + [zip_path]
    inherited = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = os.pathsep.join(folders + [zip_path] + ([inherited] if inherited else []))
    os.environ["CLUSTRIX_JOB"] = _job(work_dir)
    cwd = root + "/" + data["cwd"]
    os.chdir(cwd)
    os.environ["PWD"] = cwd
    member = data["entry"].get("member")
    script = root + "/" + member if member in manifest.members and data["entry"]["kind"] != "value" else ""
    sys.argv[:] = [script]
    sys.dont_write_bytecode = True  # the tree lives for this run alone
    main = type(sys)("__main__")
    main.__dict__["__builtins__"] = sys.modules["builtins"]
    sys.modules["__main__"] = main
    return main


def _job(work_dir):
    """Where the cluster_* helpers find themselves, as `active` reads it; what a job's engine said of its cluster stays."""
    fields = {}
    if os.environ.get("CLUSTRIX_JOB"):
        fields = parse(os.environ["CLUSTRIX_JOB"])
    fields["work_dir"] = work_dir
    return render(fields)[0]


def load(root, manifest, main):
    """The callable. Imports, or runs the sliced script as ``__main__``; whatever that raises is raised."""
    entry = manifest.data["entry"]
    if entry["kind"] == "value":
        from . import values

        for path, row in manifest.members.items():  # a script or notebook that the value was captured from
            if row["kind"] == "entry":
                run_as_main(main, root + "/" + path)
        return values.load_entry(root, manifest.data)
    if entry["kind"] == "main":
        run_as_main(main, root + "/" + entry["member"])
        found = main
    else:
        from importlib import import_module

        found = import_module(entry["module"])
    for name in entry["qualname"].split("."):
        found = getattr(found, name)
    return found


def run_as_main(main, path):
    """Execute a file in ``__main__``, as ``python FILE`` does: ``__file__`` is its path, ``__spec__`` None.

    multiprocessing's spawn and forkserver find the file by ``__main__.__file__``.
    """
    with open(path, "rb") as source:
        text = source.read()
    main.__file__ = path
    main.__cached__ = None
    if b"._restore" in text:  # its end reads values, when it may have broken what importing needs
        __import__("clustrix_bundle")._restore  # noqa: B018
    exec(compile(text, path, "exec", 0, True), main.__dict__)


def complete(result):
    """What a call gave, as a value: coroutines are awaited, items of generators collected in a list."""
    kind = type(result)
    if kind is _GENERATOR:
        return list(result)
    if hasattr(kind, "__await__") and hasattr(kind, "send") and hasattr(kind, "throw"):
        return _run_async(_await(result))
    if hasattr(kind, "__anext__") and hasattr(kind, "asend") and hasattr(kind, "athrow"):
        return _run_async(_collect(result))
    return result


_GENERATOR = type(_ for _ in ())


async def _await(result):
    return await result


async def _collect(items):
    return [item async for item in items]


def _run_async(coroutine):
    import asyncio

    if hasattr(asyncio, "run"):
        return asyncio.run(coroutine)
    loop = asyncio.new_event_loop()
    try:
        asyncio.set_event_loop(loop)
        return loop.run_until_complete(coroutine)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        asyncio.set_event_loop(None)
        loop.close()
