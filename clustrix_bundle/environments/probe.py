"""The pre-flight probe: one question to the Python that jobs will run in, where they are submitted."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field
from clustrix_bundle.environments.shell import Said, ask_python
from clustrix_bundle.environments.tool import examine_text

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place
    from clustrix_bundle.environments.needs import Needs
    from clustrix_bundle.runtime.config import ClusterConfig

TOOLS = {
    "slurm": ("sbatch", "squeue", "scancel"),
    "pbs": ("qsub", "qstat", "qdel"),
    "sge": ("qsub", "qstat", "qdel"),
}
"""Programs without which an engine cannot work."""

_TRIED_BYTES = 32 << 20
"""At most so much is written to see whether a quota lets it."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What was found.

    Attributes:
        stopped_at: Step of the prelude that failed, ``python`` (there is none) or ``time``; empty if Python answered.
        said: The end of what was said on standard error there, where something failed.
        executable: Path of the interpreter; empty where there is none.
        identity: What tells it from others (`examine.identity`).
        distributions: Canonical name to version.
        missing_modules: Of those that were asked for.
        asked: Modules that were asked for.
        state_dir: Path there.
        room: As `examine.room` has it.
        tools: Name to path or None.
    """

    stopped_at: str = ""
    said: str = ""
    executable: str = ""
    identity: dict[str, Any] = field(default_factory=dict)
    distributions: dict[str, str] = field(default_factory=dict, repr=False)
    missing_modules: frozenset[str] = frozenset()
    asked: frozenset[str] = frozenset()
    state_dir: str = ""
    room: dict[str, Any] = field(default_factory=dict)
    tools: dict[str, str | None] = field(default_factory=dict)

    @property
    def version(self) -> tuple[int, ...] | None:
        """The interpreter's: major, minor, micro; None where none answered."""
        return tuple(self.identity["version"]) if self.identity else None


def ask(place: Place, config: ClusterConfig, prelude: str, needs: Needs) -> Probe:
    """Look at the Python that jobs of a configuration run in; one round trip.

    Args:
        place: Where jobs are submitted.
        config: Whose work dir and scheduler.
        prelude: What comes before Python in a job.
        needs: What to look for.

    Raises:
        ClusterConnectionError: The way there.
    """
    work_dir = (config.local_work_dir or os.getcwd()) if config.cluster_type == "local" else config.remote_work_dir
    question = {
        "work_dir": work_dir,
        "tools": [*TOOLS.get(config.cluster_type, ()), "uv"],
        "modules": list(needs.modules),
        "bytes": min(2 * needs.size + (1 << 20), _TRIED_BYTES),
    }
    said: Said = ask_python(place, prelude, ["-c", examine_text(), json.dumps(question)])
    if said.value is None:
        return Probe(
            stopped_at=said.stopped_at or f"python (exit code {said.code})", said=said.text, asked=frozenset(needs.modules)
        )
    value = said.value
    return Probe(
        executable=value.get("executable", value["identity"]["executable"]),
        identity=value["identity"],
        distributions=value.get("distributions", {}),
        missing_modules=frozenset(value.get("missing_modules", ())),
        asked=frozenset(needs.modules),
        state_dir=value.get("state_dir", ""),
        room=value.get("room", {}),
        tools=value.get("tools", {}),
    )
