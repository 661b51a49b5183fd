"""Running something in a job's Python before there is a job: where jobs are submitted, behind the same prelude."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.environments.builder.examine import MARK
from clustrix_bundle.environments.builder.redaction import redact

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place

_SHELL = 'if command -v bash >/dev/null 2>&1; then exec bash --norc -c "$@"; else exec sh -c "$@"; fi'
"""Bash as a job has it: for a command that comes over SSH it would read ``~/.bashrc`` first (``SSH_SOURCE_BASHRC``), for a batch script it does not."""

_BODY = r"""
clustrix_text=$(cat; echo x)
exec </dev/null
clustrix_at=start
trap 'c=$?; printf "\nclustrix-stopped %s %s\n" "$c" "$clustrix_at" >&2' EXIT
eval "${clustrix_text%x}"
[ "$CLUSTRIX_READY" = 1 ] || exit 2
clustrix_at=python
command -v "$CLUSTRIX_PYTHON" >/dev/null 2>&1 || exit 127
exec "$CLUSTRIX_PYTHON" "$@"
"""
"""Constant text; the prelude, which may hold secrets of the user's own, comes on standard input: others can read a command line."""

_STOPPED = "clustrix-stopped "


@dataclass(frozen=True, slots=True)
class Said:
    """What came of it.

    Attributes:
        value: The answer; None if there is none.
        stopped_at: The prelude's step that ended with another code than 0, such as ``module_loads 1``, ``python`` if there is no such Python;
            empty if Python was started.
        code: Exit code.
        text: The end of what was said on standard error, URLs without credentials.
    """

    value: Any
    stopped_at: str
    code: int
    text: str


def ask_python(place: Place, prelude: str, words: list[str], *, time_s: float = 60) -> Said:
    """Run the job's Python with these arguments, and take its answer.

    Args:
        place: Where.
        prelude: What comes first; it names the interpreter.
        words: What follows ``python``. Asked for again, if the connection drops.
        time_s: Seconds until it is killed.

    Raises:
        ClusterConnectionError: The way there.
    """
    done = place.call(
        "process.execute",
        argv=["sh", "-c", _SHELL, "sh", _BODY, "bash", *words],
        body=prelude.encode("utf-8", "surrogateescape"),
        time_s=time_s,
        timeout=time_s + 30,
        limit=8 << 20,
        once=False,
    )
    value = None
    for line in reversed(done["stdout"].split("\n")):
        if line.startswith(MARK):
            value = json.loads(line[len(MARK) :])
            break
    lines = [line for line in done["stderr"].split("\n") if line.strip()]
    stopped = next((line for line in lines if line.startswith(_STOPPED)), "")
    at = stopped.split(" ", 2)[2] if stopped else ""
    text = redact("\n".join([line for line in lines if line != stopped][-10:]))
    if done["timed_out"]:
        at, text = at or "time", f"not done after {time_s:.0f} s"
    return Said(value, at, done["code"], text)
