"""`RemoteEnvironment`: the Python that jobs of a configuration run in, looked at before anything is queued, built where it is asked for."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from clustrix_bundle.engines.prelude import built_environment, node_environment, python_path_line, render_prelude
from clustrix_bundle.environments.needs import Needs, needs_of_bundle
from clustrix_bundle.environments.preflight import Preflight, compare
from clustrix_bundle.environments.preparation import Built, Preparation, target_distributions
from clustrix_bundle.launch import clean_environment

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place
    from clustrix_bundle.api import Bundle
    from clustrix_bundle.bundler.distributions import Distributions
    from clustrix_bundle.environments.probe import Probe
    from clustrix_bundle.runtime.config import ClusterConfig

_FRESH_S = 600
"""A look that found nothing amiss is good for so long."""

_AMISS_S = 5
"""Another one for so long."""


_KNOWN_S = 60
"""So long an environment that was there a moment ago is not asked for again; cleaning spares what was needed within an hour."""

_NOTHING = Needs()


class RemoteEnvironment:
    """The Python that jobs of a configuration run in.

    Args:
        config: Which; the active configuration by default.
        progress: Told what is added to a build's log, and an empty text at its end; by default that is shown on standard error, if that is a terminal.

    Raises:
        ConfigError, NotYetSupported: The configuration is for nothing that can be reached.
    """

    __module__ = "clustrix_bundle"

    def __init__(
        self, config: ClusterConfig | None = None, *, progress: Callable[[str], None] | None = None, place: Place | None = None
    ) -> None:
        if config is None:
            from clustrix_bundle.configuration import get_config  # noqa: PLC0415 - where none was given

            config = get_config()
        if place is None:
            from clustrix_bundle.agent.pool import place_of  # noqa: PLC0415 - where none is given

            place = place_of(config)
        self.config = config.replace()
        self._place = place
        self._tell = progress or _terminal_log()
        self._probe: Probe | None = None
        self._asked_at = 0.0
        self._built: dict[Needs, tuple[Built | None, float]] = {}
        self._lock = threading.Lock()

    @property
    def is_ours(self) -> bool:
        """Whether jobs run in this machine's target interpreter as it is, of which nothing has to be asked."""
        config = self.config
        before = config.module_loads or config.pre_execution_commands or config.conda_env_name
        return config.environment == "current" and not before and self._python is not None

    def check(self, needs: Needs | Bundle | str | os.PathLike[str] = _NOTHING) -> Preflight:
        """Compare what a bundle needs with what is there; one round trip, none where it was looked at a short time ago and all was well.

        Args:
            needs: What `bundle` gave, a bundle's file, or what it needs; nothing in particular by default.

        Raises:
            ClusterConnectionError: The way there.
            BundleFormatError: The file is no bundle.
        """
        needs = _needs(needs)
        found = compare(needs, self._look(needs, _FRESH_S), self.config)
        # What was amiss may have been mended since.
        return found if found.ok else compare(needs, self._look(needs, _AMISS_S), self.config)

    def _look(self, needs: Needs, age_s: float) -> Probe:
        """What is there, looked at within the last ``age_s`` seconds."""
        from clustrix_bundle.environments.probe import ask  # noqa: PLC0415 - where something is asked

        with self._lock:
            known = self._probe
            if known is None or time.monotonic() > self._asked_at + age_s or not set(needs.modules) <= known.asked:
                prelude = self.prelude("", before=("export CLUSTRIX_PROBE=1",), base=self.config.environment == "venv")
                self._probe = known = ask(self._place, self.config, prelude, needs)
                self._asked_at = time.monotonic()
            return known

    def prelude(
        self,
        runtime: str,
        cores: int | None = None,
        built: Built | None = None,
        *,
        memory: int | None = None,
        before: Sequence[str] = (),
        base: bool = False,
    ) -> str:
        """``prelude.sh``: what leads to the job's Python.

        Args:
            runtime: Path of ``runtime.pyz`` as seen from a job's folder.
            cores: Of a task.
            built: The environment, if one was built.
            memory: Of a task, in bytes, where no scheduler sees to it.
            before: Lines that come first.
            base: Whether it is for the Python that environments are made with: without the user's commands, which come after them.
        """
        config = self.config.replace(pre_execution_commands=[]) if base else self.config
        first = list(before)
        if config.cluster_type == "local":
            first.append(python_path_line(clean_environment(os.environ).get("PYTHONPATH")))
        lines: list[str] = []
        if built is not None and built.key:
            lines = built_environment(built.key, config.environment_variables)
        elif built is not None:
            tool, request = built.files[:2]
            lines = node_environment(tool, request, config.environment_variables)
        return render_prelude(config, runtime, cores, memory=memory, python=self._python, before=first, environment=lines)

    @property
    def _python(self) -> str | None:
        """The interpreter, where it is not the configuration's ``python_executable``: on this machine the target interpreter."""
        if self.config.cluster_type == "local" and self.config.python_executable == "python3":
            from clustrix_bundle.ask_interpreter import find_executable  # noqa: PLC0415 - where jobs are processes of this machine

            return find_executable(None, os.environ, None) or sys.executable
        return None

    def prepare(
        self, needs: Needs | Bundle | str | os.PathLike[str], *, distributions: Callable[[], Distributions] | None = None
    ) -> Built | None:
        """Have the environment there that a bundle needs: built if there is none yet. None where the configuration asks for none.

        Args:
            needs: What `bundle` gave, a bundle's file, or what it needs.
            distributions: What is installed here, for versions and wheels; by default in the target interpreter.

        Raises:
            PreflightError: No Python there can be used.
            EnvironmentBuildError: It cannot be built.
            ClusterConnectionError: The way there.
        """
        if self.config.environment != "venv":
            return None
        needs = _needs(needs)
        with self._lock:
            built, at = self._built.get(needs, (None, 0.0))
        if built is not None and time.monotonic() < at + _KNOWN_S:
            return built
        probe = self._look(needs, _FRESH_S)
        compare(needs, probe, self.config).demand(strict=probe.version is None)
        with tempfile.TemporaryDirectory(prefix="clustrix-wheels-") as folder:
            preparation = Preparation(
                self.config,
                self._place,
                needs,
                probe,
                prelude=self.prelude("", base=True),
                installed=(distributions or target_distributions)(),
                folder=folder,
                tell=self._tell,
            )
            built = preparation.run()
        if not any(need.only_here for need in needs.distributions):  # whose content may change
            with self._lock:
                self._built[needs] = built, time.monotonic()
        return built


def _needs(given: Needs | Bundle | str | os.PathLike[str]) -> Needs:
    if isinstance(given, Needs):
        return given
    return needs_of_bundle(given if isinstance(given, str | os.PathLike) else given.path)


def _terminal_log() -> Callable[[str], None]:
    """The last line of a log on one line of standard error; nothing where that is no terminal."""
    if not sys.stderr.isatty():
        return lambda _text: None

    def tell(text: str) -> None:
        from clustrix_bundle.cli.output import printable  # noqa: PLC0415 - for terminals

        lines = text.rstrip().splitlines()
        if not text:
            sys.stderr.write("\r\x1b[K")
        elif lines:
            sys.stderr.write(f"\r\x1b[Kbuilding the environment: {printable(lines[-1])[:100]}")
        sys.stderr.flush()

    return tell
