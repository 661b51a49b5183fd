"""Having an environment built where jobs are submitted: a builder there that outlives us, and we who watch it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.environments.builder.command import STALE_S
from clustrix_bundle.environments.errors import EnvironmentBuildError
from clustrix_bundle.environments.shell import ask_python

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place
    from clustrix_bundle.environments.recipe import Recipe

_WAIT_S = 10.0
_SHOWN_LINES = 15
_DEATHS_MAX = 3
UNAVAILABLE = frozenset({"unreachable", "unknown", "package"})
"""Kinds of failure that wheels from here may mend."""


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an attempt failed: `builder.install.BuildError`, and where its log is."""

    kind: str
    text: str
    tail: str
    log: str


class Building:
    """One environment on its way.

    Args:
        place: Where.
        prelude: What stands before Python; without the user's commands, which come after the environment.
        state_dir: Path there.
        tool: The builder's name in it.
        tell: Told what is added to the log, and an empty text at the end.
    """

    def __init__(self, place: Place, prelude: str, state_dir: str, tool: str, tell: Callable[[str], None]) -> None:
        self._place, self._prelude, self._tell = place, prelude, tell
        self._state = state_dir
        self._tool = f"{state_dir}/{tool}"

    def run(self, recipe: Recipe, request: str, stale_s: float = STALE_S) -> Failure | dict[str, Any]:
        """Build it, or watch who does, to the end: the builder's notes, or why it failed.

        Args:
            recipe: What it is built from.
            request: `Recipe.request`.
            stale_s: A builder on another machine is given up after so many seconds without a heartbeat.

        Raises:
            EnvironmentBuildError: No builder can be started.
            ClusterConnectionError: The way there; the builder goes on.
        """
        try:
            return self._run(f"{self._state}/environments/{recipe.key}", request, stale_s)
        finally:
            self._tell("")

    def _run(self, folder: str, request: str, stale_s: float) -> Failure | dict[str, Any]:
        attempt, offset, deaths, heard = self._ask("begin", folder, request)["attempt"], 0, 0, ""
        beat, since = -1, time.monotonic()
        while True:
            found = self._ask("follow", folder, attempt or "-", str(offset), str(min(_WAIT_S, stale_s)))
            if found["log"]:
                self._tell(found["log"])
                heard = found["log"].rstrip()
            if found["attempt"] != attempt or found["beat"] != beat:
                beat, since = found["beat"], time.monotonic()
            attempt, offset = found["attempt"], found["offset"]
            if found["state"] == "ready":
                return dict(found["notes"] or {})
            if found["state"] == "failed" and found["failure"]["kind"] != "interrupted":
                failure = found["failure"]
                return Failure(failure["kind"], failure["text"], failure["tail"], failure["log"])
            if found["state"] != "building":  # the builder died, or was ended: the next one begins anew
                deaths += 1
                if deaths > _DEATHS_MAX:
                    raise EnvironmentBuildError(
                        f"the builder was killed {deaths} times where jobs are submitted; may programs run there for long, and use memory? "
                        f"build_on='node' builds in the job (its logs: {folder}/*.log)",
                        "\n".join(heard.split("\n")[-_SHOWN_LINES:]),
                    )
                attempt, offset = self._ask("begin", folder, request)["attempt"], 0
            elif time.monotonic() - since > stale_s:
                attempt, offset = self._ask("begin", folder, request, attempt)["attempt"], 0

    def _ask(self, *words: str) -> dict[str, Any]:
        said = ask_python(self._place, self._prelude, [self._tool, *words])
        if said.value is None:
            where = f"{said.stopped_at}: " if said.stopped_at else ""
            raise EnvironmentBuildError(f"the environment cannot be built there: {where}exit code {said.code}", said.text)
        answer: dict[str, Any] = said.value
        return answer


_NEXT = {
    "unreachable": "make an index reachable from there (pip's configuration, a proxy in environment_variables)",
    "unknown": "install versions here that are to be had for the Python there, or name another Python (python_executable, module_loads)",
    "disk": "make room there (`clustrix-bundle clean`), or set remote_work_dir to another disk",
    "package": "a package had to be compiled there: load what it needs (module_loads), or choose a version that has wheels for the Python there",
    "venv": "name a Python that can make virtual environments (python_executable, module_loads), install python3-venv there, or uv",
    "interrupted": "submit again",
}


def error_of(failure: Failure, recipe: Recipe) -> EnvironmentBuildError:
    """What to raise for a build that failed."""
    python = recipe.interpreter
    version = ".".join(map(str, python["version"]))
    tail = "\n".join(failure.tail.split("\n")[-_SHOWN_LINES:])
    return EnvironmentBuildError(
        f"the environment for {python['executable']} (Python {version}) cannot be built: {failure.text}; {_NEXT[failure.kind]} "
        f"(all of its log: {failure.log})",
        tail,
    )
