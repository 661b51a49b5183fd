"""``clustrix-bundle run``: a function or a bundle in a clean local process, as it would run elsewhere."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from typing import Any

import click

from clustrix_bundle.build import analyze_target, pack_graph
from clustrix_bundle.cli.json_argument import read_json_argument
from clustrix_bundle.cli.options import build_options, is_bundle, json_option, project_options, refuse_bounds
from clustrix_bundle.cli.output import progress
from clustrix_bundle.launch import start_runtime, wait_out
from clustrix_bundle.runtime_program import render_runtime_program


@click.command("run")
@click.argument("subject", metavar="TARGET|BUNDLE")
@click.option("--args", "args", metavar="JSON|@FILE", help="Positional arguments, a JSON array.")
@click.option("--kwargs", "kwargs", metavar="JSON|@FILE", help="Keyword arguments, a JSON object.")
@click.option("--result", metavar="FILE", help="Write the result there, pickled: for what JSON cannot hold.")
@click.option("--work-dir", metavar="DIR", help="What cluster_* paths are relative to; the current folder by default.")
@click.option("--blobs", metavar="DIR", help="The folder with data kept outside the bundle.")
@project_options
@json_option
def run_command(
    subject: str,
    *,
    args: str | None,
    kwargs: str | None,
    result: str | None,
    work_dir: str | None,
    blobs: str | None,
    as_json: bool,
    **project: Any,
) -> int:
    """Run TARGET, or the function in BUNDLE, in a clean process that sees nothing of the project but the bundle.

    The exit code is the runtime's: 0 done, 1 the function failed, 5 bundle refused; 128 + n if signal n ended it.
    """
    if is_bundle(subject):
        refuse_bounds(subject, project, but=("python",))
    given = [("--args", args, list), ("--kwargs", kwargs, dict)]  # what is wrong with them is told before anything is built
    texts = {option: read_json_argument(option, text, kind)[0] for option, text, kind in given if text is not None}
    with tempfile.TemporaryDirectory(prefix="clustrix-run-") as folder:
        if is_bundle(subject):
            bundle = subject
        else:
            with progress(f"building {subject}"):
                bundle = pack_graph(analyze_target(subject, build_options(**project)), folder + os.sep).package_path
        runtime = os.path.join(folder, "runtime.pyz")
        with open(runtime, "wb") as file:
            file.write(render_runtime_program())
        arguments = ["run", bundle]
        for option, text in texts.items():  # in files: a command line holds 128 KiB
            with open(os.path.join(folder, f"{option}.json"), "w", encoding="utf-8", errors="surrogateescape") as values:
                values.write(text)
            arguments += [option, f"@{values.name}"]
        for name, value in (("--result", result), ("--work-dir", work_dir), ("--blobs", blobs)):
            arguments += [name, value] if value is not None else []
        if not as_json:
            return wait_out(start_runtime(runtime, arguments, python=project["python"]))
        with open(os.path.join(folder, "outcome"), "w+b") as outcome:
            code = wait_out(start_runtime(runtime, [*arguments, "--json"], python=project["python"], stdout=outcome))
            outcome.seek(0)
            _hand_on(outcome.read(), code)
        return code


def _hand_on(line: bytes, code: int) -> None:
    """Print the runtime's one line; if it died without one, say how."""
    if not line.strip():
        how = f"signal {code - 128}" if code > 128 else f"exit code {code}"
        error = {"type": "ProcessDied", "message": f"the process ended with {how} and said nothing"}
        line = json.dumps({"ok": False, "error": error}).encode() + b"\n"
    sys.stdout.buffer.write(line)
