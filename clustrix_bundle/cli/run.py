"""``clustrix-bundle run``: a function or a bundle in a clean local process, as it would run elsewhere."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from typing import Any

import click

from clustrix_bundle.build import analyze_target, pack_graph
from clustrix_bundle.cli.options import build_options, is_bundle, json_option, project_options
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
    _check_json("--args", args, list)
    _check_json("--kwargs", kwargs, dict)
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
        for name, value in (
            ("--args", args),
            ("--kwargs", kwargs),
            ("--result", result),
            ("--work-dir", work_dir),
            ("--blobs", blobs),
        ):
            arguments += [name, value] if value is not None else []
        if not as_json:
            return wait_out(start_runtime(runtime, arguments, python=project["python"]))
        return _run_json(start_runtime(runtime, [*arguments, "--json"], python=project["python"], stdout=subprocess.PIPE))


def _run_json(process: subprocess.Popen[bytes]) -> int:
    """Hand the runtime's one line on; if it died without one, say how."""
    assert process.stdout is not None
    while True:
        try:
            line = process.stdout.read()
            break
        except KeyboardInterrupt:
            continue
    code = wait_out(process)
    if not line.strip():
        how = f"signal {code - 128}" if code > 128 else f"exit code {code}"
        line = (
            json.dumps(
                {"ok": False, "error": {"type": "ProcessDied", "message": f"the process ended with {how} and said nothing"}}
            ).encode()
            + b"\n"
        )
    click.get_binary_stream("stdout").write(line)
    return code


def _check_json(option: str, text: str | None, kind: type) -> None:
    """Refuse arguments that are not JSON before anything is built.

    Raises:
        click.BadParameter: Not JSON, of the wrong kind, or a file that cannot be read.
    """
    if text is None:
        return
    where = ""
    if text.startswith("@"):
        where = f" in {text[1:]}"
        try:
            with open(text[1:], "rb") as file:
                data: str | bytes = file.read()
        except OSError as error:
            raise click.BadParameter(f"{text[1:]} cannot be read: {error.strerror}", param_hint=option) from error
    else:
        data = text
    what = "a JSON array, such as '[1, \"x\"]'" if kind is list else "a JSON object, such as '{\"n\": 1}'"
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"not JSON{where} ({error}); give {what}", param_hint=option) from error
    if not isinstance(value, kind):
        raise click.BadParameter(f"should be {what}{where}", param_hint=option)
