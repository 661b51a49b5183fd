"""``prelude.sh``: what happens on the node before Python starts. All that comes from a configuration is quoted; commands are the user's own."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clustrix_bundle.runtime.config import ClusterConfig

_CHECK = 'c=$?; [ "$c" -eq 0 ] || exit "$c"'


def render_prelude(
    config: ClusterConfig,
    runtime: str,
    cores: int | None = None,
    *,
    memory: int | None = None,
    python: str | None = None,
    before: Sequence[str] = (),
    environment: Sequence[str] = (),
) -> str:
    """The text.

    Args:
        config: Its variables, modules, environment and commands, in this order; the user's commands have the last word.
        runtime: Path of ``runtime.pyz``, relative to the job's folder or absolute.
        cores: Threads that numerical libraries may use, unless the user's variables say otherwise.
        memory: Bytes that each process may have for its data, where no scheduler sees to it. What it maps of files does not count, as
            address space (``ulimit -v``) would.
        python: The interpreter, if it is not the configuration's.
        before: Lines that come first.
        environment: Lines that lead into a virtual environment, see `built_environment` and `node_environment`.
    """
    lines = [f"CLUSTRIX_PYTHON={_word(python or config.python_executable)}", f"CLUSTRIX_RUNTIME={_word(runtime)}", *before]
    if config.module_loads or config.conda_env_name:
        lines.append("[ ! -r /etc/profile ] || . /etc/profile")  # before the variables: it sets PATH anew
    if cores:
        lines += [f"export {name}={cores}" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")]
    lines += [f"export {name}={shlex.quote(value)}" for name, value in config.environment_variables.items()]
    for number, module in enumerate(config.module_loads, 1):
        lines += _step(f"module_loads {number}", f"module load {shlex.quote(module)}")
    if config.conda_env_name:
        activate = f"clustrix_text=$(conda shell.posix activate {shlex.quote(config.conda_env_name)})"
        lines += _step("conda_env_name 1", f'{activate} && eval "$clustrix_text"')  # `eval "$(…)"` would hide that it failed
    lines += environment
    for number, command in enumerate(config.pre_execution_commands, 1):
        lines += _step(f"pre_execution_commands {number}", command)
    if memory:  # of the machine, less may be allowed
        lines.append(f"ulimit -S -d {-(-memory // 1024)} 2>/dev/null || :")
    return "\n".join([*lines, "CLUSTRIX_READY=1", ""])


def built_environment(key: str, variables: Collection[str] = ()) -> list[str]:
    """Lines that lead into an environment of the state dir, as seen from a job's folder.

    Args:
        key: The environment's.
        variables: Names that the configuration sets: modules' PYTHONPATH would come before what the environment holds, the user's own stays.
    """
    return _enter(f"cd ../../environments/{key}/built/venv && pwd -P", variables)


def node_environment(tool: str, request: str, variables: Collection[str] = ()) -> list[str]:
    """Lines that build an environment on the node, or wait for another job that does, and lead into it; files as seen from the state dir."""
    return _enter(f'"$CLUSTRIX_PYTHON" ../../{tool} node ../.. ../../{request}', variables)


def _enter(path: str, variables: Collection[str]) -> list[str]:
    unwanted = [name for name in ("PYTHONHOME", "PYTHONPATH") if name not in variables]
    return [
        *_step("environment 1", f"VIRTUAL_ENV=$({path})"),
        'export VIRTUAL_ENV PATH="$VIRTUAL_ENV/bin:$PATH"',
        *([f"unset {' '.join(unwanted)}"] if unwanted else []),
        "CLUSTRIX_PYTHON=$VIRTUAL_ENV/bin/python",
    ]


def _step(label: str, command: str) -> list[str]:
    return [f"clustrix_at={shlex.quote(label)}", command, _CHECK]


def _word(path: str) -> str:
    """A path as one word of the shell; ``~/`` at its head is the home folder there."""
    if path == "~" or path.startswith("~/"):
        return f'"$HOME"{shlex.quote(path[1:])}' if len(path) > 1 else '"$HOME"'
    return shlex.quote(path)


def python_path_line(kept: str | None) -> str:
    """The line that sets PYTHONPATH, or unsets it."""
    return f"export PYTHONPATH={shlex.quote(kept)}" if kept else "unset PYTHONPATH"


def relative_runtime(sha256: str) -> str:
    """The runtime's file as seen from a job's folder."""
    return os.path.join("..", "..", "runtime", f"{sha256}.pyz")
