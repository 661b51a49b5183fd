"""Ships one case: the client's copy of the project, the clean side, and what came of it."""

from __future__ import annotations

import base64
import importlib.metadata
import json
import os
import random
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

PROJECTS = Path(__file__).parent / "projects"
TIMEOUT_S = 120

SHIP = """
import json, os, pickle, subprocess, sys

class ShipError(Exception):
    def __init__(self, at, type, message, traceback=""):
        super().__init__("%s error: %s: %s" % (at, type, message))
        self.at, self.type, self.message, self.traceback = at, type, message, traceback

def ship(func, *args, **kwargs):
    with open(os.environ["CASE"]) as stream:
        case = json.load(stream)
    if case["local"]:
        result = func(*args, **kwargs)
        if hasattr(result, "__await__"):
            import asyncio
            result = asyncio.run(result)
        return list(result) if hasattr(result, "gi_frame") else result
    from clustrix_bundle import bundle
    try:
        built = bundle(func, args=args, kwargs=kwargs, output=case["out"] + os.sep)
    except Exception as error:
        raise ShipError("build", type(error).__name__, str(error)) from error
    with open(case["out"] + "/members.json", "a") as stream:
        stream.write(json.dumps([member.path for member in built.files]) + "\\n")
    away = case["client"] + "-away"
    os.rename(case["client"], away)
    try:
        done = subprocess.run([case["python"], case["runtime"], "run", built.path, "--json", "--result", case["out"] + "/result.pkl"],
                              cwd=case["work"], env=case["env"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    finally:
        os.rename(away, case["client"])
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    outcome = json.loads(lines[-1]) if lines else {"ok": False, "error": {"type": "NoReply", "message": done.stderr.decode("utf-8", "replace")}}
    if not outcome["ok"]:
        error = outcome["error"]
        raise ShipError("run", error["type"], error["message"], error.get("traceback", ""))
    with open(case["out"] + "/result.pkl", "rb") as stream:
        return pickle.load(stream)
"""
HOOK = """
def _failed(kind, error, traceback):
    import ship as _ship
    if isinstance(error, _ship.ShipError):
        with open(os.environ["CASE"] + ".error", "w") as stream:
            json.dump({"at": error.at, "type": error.type, "message": error.message, "traceback": error.traceback}, stream)
    sys.__excepthook__(kind, error, traceback)

sys.excepthook = _failed
"""


@dataclass(frozen=True)
class Outcome:
    """What came of a run: a value, or an error with its stage."""

    value: object = None
    error: dict[str, str] | None = None
    members: tuple[str, ...] = ()
    log: str = ""


@dataclass
class Case:
    """One folder below ``projects/``."""

    folder: Path
    data: dict = field(init=False)

    def __post_init__(self) -> None:
        self.data = json.loads((self.folder / "case.json").read_text(encoding="utf-8"))

    def missing_needs(self) -> list[str]:
        """Distributions that the case needs and that are not installed here."""
        missing = []
        for name in self.data.get("needs", []):
            try:
                importlib.metadata.version(name)
            except importlib.metadata.PackageNotFoundError:
                missing.append(name)
        return missing

    def copy(self, client: Path) -> Path:
        """A fresh copy of the project on the client; the folder in which the command runs."""
        project = client / "project"
        shutil.copytree(self.folder / "project", project, symlinks=True)
        for row in self.data.get("make", []):
            _make(project, row)
        return project / self.data.get("cwd", ".")


def _make(project: Path, row: dict) -> None:
    path = project / row["path"]
    path.parent.mkdir(parents=True, exist_ok=True)
    if "link" in row:
        path.symlink_to(row["link"])
    elif row.get("dir"):
        path.mkdir(exist_ok=True)
    elif "base64" in row:
        path.write_bytes(base64.b64decode(row["base64"]))
    elif "size" in row:
        path.write_bytes(random.Random(row["path"]).randbytes(row["size"]))
    else:
        path.write_bytes(row["text"].encode(row.get("encoding", "utf-8")))
    if "mode" in row:
        path.chmod(int(row["mode"], 8))


def run_locally(case: Case, folder: Path) -> Outcome:
    """What the function gives where the project stands."""
    client = folder / "client"
    client.mkdir(parents=True)
    cwd = case.copy(client)
    if "driver" in case.data:
        return _drive(case, folder, client, cwd, {"local": True})
    code = "import sys; from tests_local import call; call(sys.argv[1:])"
    (folder / "tests_local.py").write_text(_LOCAL, encoding="utf-8")
    argv = [
        sys.executable,
        "-c",
        code,
        case.data["target"],
        json.dumps(case.data.get("args", [])),
        json.dumps(case.data.get("kwargs", {})),
    ]
    env = _client_environment(case, client)
    env["PYTHONPATH"] = os.pathsep.join([str(folder), env.get("PYTHONPATH", "")]).rstrip(os.pathsep)
    done = subprocess.run(argv, cwd=cwd, env=env, capture_output=True, timeout=TIMEOUT_S, check=False)
    log = done.stderr.decode("utf-8", "replace")
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    reply = json.loads(lines[-1]) if lines and lines[-1].startswith('{"') else {"error": {"type": "Crash", "message": log}}
    if "error" in reply:
        return Outcome(error=dict(reply["error"], at="run"), log=log)
    return Outcome(value=reply["value"], log=log)


def ship(case: Case, folder: Path, python: str, tool_env: dict[str, str]) -> Outcome:
    """Build, take the project away, run on the clean side."""
    client, out, work = folder / "client", folder / "out", folder / "work"
    for path in (client, out):
        path.mkdir(parents=True)
    if (case.folder / "work").is_dir():
        shutil.copytree(case.folder / "work", work, symlinks=True)
    else:
        work.mkdir()
    home = folder / "home"
    home.mkdir()
    cwd = case.copy(client)
    runtime = out / "runtime.pyz"
    tool = [sys.executable, "-m", "clustrix_bundle"]
    subprocess.run([*tool, "runtime", "-o", str(runtime)], check=True, capture_output=True, cwd=folder)
    clean = {"PATH": "/usr/bin:/bin", "HOME": str(home)}
    if "driver" in case.data:
        facts = {
            "local": False,
            "out": str(out),
            "client": str(client),
            "python": python,
            "runtime": str(runtime),
            "work": str(work),
            "env": clean,
        }
        return _drive(case, folder, client, cwd, facts)
    env = _client_environment(case, client)
    built = subprocess.run(
        [*tool, "build", case.data["target"], "-o", str(out) + os.sep, "--json"],
        cwd=cwd,
        env=env,
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    log = built.stderr.decode("utf-8", "replace")
    if built.returncode:
        return Outcome(
            error={
                "at": "build",
                "type": f"exit {built.returncode}",
                "message": log + built.stdout.decode("utf-8", "replace"),
                "traceback": "",
            },
            log=log,
        )
    reply = json.loads(built.stdout)
    members = tuple(row["path"] for row in reply["files"])
    client.rename(folder / "away")
    argv = [python, str(runtime), "run", reply["path"], "--json"]
    argv += ["--args", json.dumps(case.data.get("args", [])), "--kwargs", json.dumps(case.data.get("kwargs", {}))]
    done = subprocess.run(
        argv, cwd=work, env=clean, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S, check=False
    )
    log += done.stderr.decode("utf-8", "replace")
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    assert lines, f"nothing on standard output, exit code {done.returncode}: {log}"
    outcome = json.loads(lines[-1])
    if not outcome["ok"]:
        return Outcome(error=dict(outcome["error"], at="run"), members=members, log=log)
    return Outcome(value=outcome["result"], members=members, log=log)


def _client_environment(case: Case, client: Path) -> dict[str, str]:
    home = client / "home"
    home.mkdir(exist_ok=True)
    env = {
        "PATH": os.path.dirname(sys.executable) + ":/usr/bin:/bin",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PYTHONSAFEPATH": "",
    }
    env.update(case.data.get("environ", {}))
    if case.data.get("pythonpath"):
        env["PYTHONPATH"] = os.pathsep.join(str(client / "project" / path) for path in case.data["pythonpath"])
    if case.data.get("venv", True):
        env["VIRTUAL_ENV"] = sys.prefix
    return env


def _drive(case: Case, folder: Path, client: Path, cwd: Path, facts: dict) -> Outcome:
    script = cwd / case.data["driver"]
    script.with_name("ship.py").write_text(SHIP + HOOK, encoding="utf-8")
    spec = folder / "case.json"
    spec.write_text(json.dumps(facts), encoding="utf-8")
    env = dict(_client_environment(case, client), CASE=str(spec))
    done = subprocess.run(
        [sys.executable, case.data["driver"]],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    log = done.stderr.decode("utf-8", "replace")
    listed = folder / "out" / "members.json"
    members = tuple(path for line in listed.read_text().splitlines() for path in json.loads(line)) if listed.exists() else ()
    failed = Path(f"{spec}.error")
    if failed.exists():
        return Outcome(error=json.loads(failed.read_text()), members=members, log=log)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    if done.returncode or not lines:
        return Outcome(error={"at": "run", "type": "driver failed", "message": log, "traceback": ""}, members=members, log=log)
    return Outcome(value=json.loads(lines[-1]), members=members, log=log)


_LOCAL = '''
"""Calls a target where its project stands, as its user would have it in hand."""
import json, os, sys, traceback

def call(argv):
    target, args, kwargs = argv[0], json.loads(argv[1]), json.loads(argv[2])
    where, _, qualname = target.rpartition(":")
    stdout, sys.stdout = sys.stdout, sys.stderr
    try:
        value = _resolve(where, qualname)(*args, **kwargs)
        if hasattr(value, "__await__"):
            import asyncio
            value = asyncio.run(value)
        elif hasattr(value, "gi_frame"):
            value = list(value)
        reply = {"value": json.loads(json.dumps(value))}
    except BaseException as error:
        reply = {"error": {"type": type(error).__name__, "message": str(error), "traceback": traceback.format_exc()}}
    sys.stdout = stdout
    print(json.dumps(reply))

def _resolve(where, qualname):
    import importlib
    if not where.endswith((".py", ".ipynb")):
        sys.path.insert(0, os.getcwd())
        found = importlib.import_module(where)
    else:
        found = _main(os.path.abspath(where))
    for part in qualname.split("."):
        found = getattr(found, part)
    return found

def _main(path):
    import ast, types
    sys.path.insert(0, os.path.dirname(path))
    if path.endswith(".ipynb"):
        with open(path, encoding="utf-8") as stream:
            cells = [cell["source"] for cell in json.load(stream)["cells"] if cell["cell_type"] == "code"]
        texts = ["".join(cell) for cell in cells]
        lines = [line for text in texts if not text.startswith("%%") for line in text.splitlines()]
        source = "\\n".join("" if line.lstrip().startswith(("%", "!", "?")) else line for line in lines)
    else:
        with open(path, "rb") as stream:
            source = stream.read()
    tree = ast.parse(source, path)
    tree.body = [node for node in tree.body if not (isinstance(node, ast.If) and "__name__" in ast.dump(node.test) and "__main__" in ast.dump(node.test))]
    main = types.ModuleType("__main__")
    main.__file__ = path
    sys.modules["__main__"] = main
    exec(compile(tree, path, "exec", dont_inherit=True), main.__dict__)
    return main
'''
