"""`RemoteEnvironment`: the Python that jobs of a configuration run in, looked at before anything is queued, built where it is asked for."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field
from clustrix_bundle.engines.prelude import built_environment, node_environment, python_path_line, render_prelude
from clustrix_bundle.environments.needs import Needs, needs_of_bundle
from clustrix_bundle.environments.preflight import Preflight, compare
from clustrix_bundle.launch import clean_environment

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place
    from clustrix_bundle.api import Bundle
    from clustrix_bundle.bundler.distributions import Distributions
    from clustrix_bundle.deploy import Artefact
    from clustrix_bundle.environments.probe import Probe
    from clustrix_bundle.environments.recipe import Recipe
    from clustrix_bundle.runtime.config import ClusterConfig

_FRESH_S = 600
"""A look that found nothing amiss is good for so long."""

_AMISS_S = 5
"""Another one for so long."""


_KNOWN_S = 60
"""So long an environment that was there a moment ago is not asked for again; cleaning spares what was needed within an hour."""

_NOTHING = Needs()


@dataclass(frozen=True, slots=True)
class Built:
    """An environment that jobs can run in.

    Attributes:
        files: Names in the state dir of what a job needs of it.
        key: Its folder's name in ``environments`` there; empty where it is built on the node.
        notes: What the builder noted; empty where it was there already.
    """

    files: tuple[str, ...]
    key: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)


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
            from clustrix_bundle.submission import place_for  # noqa: PLC0415 - it uses this module in turn

            place = place_for(config)
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
        before: Sequence[str] = (),
        base: bool = False,
    ) -> str:
        """``prelude.sh``: what leads to the job's Python.

        Args:
            runtime: Path of ``runtime.pyz`` as seen from a job's folder.
            cores: Of a task.
            built: The environment, if one was built.
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
        return render_prelude(config, runtime, cores, python=self._python, before=first, environment=lines)

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
            installed = distributions or target_distributions
            built = _Preparation(self, self._place, needs, probe, distributions=installed, folder=folder, tell=self._tell).run()
        if not any(need.only_here for need in needs.distributions):  # whose content may change
            with self._lock:
                self._built[needs] = built, time.monotonic()
        return built


def _needs(given: Needs | Bundle | str | os.PathLike[str]) -> Needs:
    if isinstance(given, Needs):
        return given
    return needs_of_bundle(given if isinstance(given, str | os.PathLike) else given.path)


class _Preparation:
    """One call of `RemoteEnvironment.prepare`."""

    def __init__(
        self,
        environment: RemoteEnvironment,
        place: Place,
        needs: Needs,
        probe: Probe,
        *,
        distributions: Callable[[], Distributions],
        folder: str,
        tell: Callable[[str], None],
    ) -> None:
        from clustrix_bundle.deploy import RemoteDeployer  # noqa: PLC0415 - where something is built

        self._environment, self._place, self._needs, self._probe = environment, place, needs, probe
        self._installed, self._folder, self._tell = distributions(), folder, tell
        self._deployer = RemoteDeployer(place=place)

    def run(self) -> Built:
        from clustrix_bundle.environments.build import UNAVAILABLE, Building, Failure, error_of  # noqa: PLC0415
        from clustrix_bundle.environments.recipe import pins_of  # noqa: PLC0415
        from clustrix_bundle.environments.tool import builder_tool  # noqa: PLC0415

        recipe, own = self._recipe()
        wheels = [(name, file.sha256) for name, file in own]
        config = self._environment.config
        tool = builder_tool()
        if config.build_on == "node":
            return self._for_node(recipe, own, tool)
        marker = recipe.marker
        if not self._place.call("store.missing", files=[[marker.name, marker.size, marker.sha256]]):
            return Built((f"environments/{recipe.key}",), recipe.key)
        self._deployer.send([tool, *(file for _, file in own)])
        prelude = self._environment.prelude("", base=True)
        building = Building(self._place, prelude, self._probe.state_dir, tool.name, self._tell)
        made = building.run(recipe, recipe.request(wheels))
        if isinstance(made, Failure) and made.kind in UNAVAILABLE:
            every = self._all_wheels(recipe, error_of(made, recipe))
            self._deployer.send([tool, *(file for _, file in every)])
            made = building.run(
                recipe, recipe.request([(name, file.sha256) for name, file in every], pins_of(self._needs.distributions))
            )
        if isinstance(made, Failure):
            raise error_of(made, recipe)
        return Built((f"environments/{recipe.key}",), recipe.key, made)

    def _recipe(self) -> tuple[Recipe, list[tuple[str, Artefact]]]:
        from clustrix_bundle.environments.installed import closure, constraints  # noqa: PLC0415
        from clustrix_bundle.environments.recipe import Recipe, chosen_tool, lines_of  # noqa: PLC0415
        from clustrix_bundle.environments.wheels import only_here, pack_wheel  # noqa: PLC0415

        needs, probe = self._needs.distributions, self._probe
        own = [pack_wheel(path) for path in only_here(needs, self._installed, self._folder)]
        requirements, optional = lines_of(needs)
        version = probe.version or (0, 0)
        recipe = Recipe(
            tool=chosen_tool(self._environment.config.package_manager, has_uv=bool(probe.tools.get("uv")), version=version),
            requirements=tuple(requirements),
            optional=tuple(optional),
            constraints=tuple(constraints(closure(self._installed, needs), needs)),
            own={name: file.sha256 for name, file in own},
            interpreter=probe.identity,
        )
        return recipe, own

    def _all_wheels(self, recipe: Recipe, why: Exception) -> list[tuple[str, Artefact]]:
        from clustrix_bundle.environments.errors import EnvironmentBuildError  # noqa: PLC0415
        from clustrix_bundle.environments.recipe import pins_of  # noqa: PLC0415
        from clustrix_bundle.environments.wheels import all_wheels, pack_wheel  # noqa: PLC0415

        self._tell("what is needed cannot be had there: wheels are gathered here\n")
        lines = *pins_of(self._needs.distributions), list(recipe.constraints)
        try:
            with tempfile.TemporaryDirectory(prefix="clustrix-wheels-") as folder:
                paths = all_wheels(self._needs.distributions, self._installed, recipe.interpreter, lines, folder)
                return [pack_wheel(path) for path in paths]
        except EnvironmentBuildError as error:
            raise EnvironmentBuildError(f"{why}\n\nand {error.message}", error.log) from error

    def _for_node(self, recipe: Recipe, own: list[tuple[str, Artefact]], tool: Artefact) -> Built:
        import hashlib  # noqa: PLC0415 - for builds on nodes

        from clustrix_bundle.deploy import Artefact  # noqa: PLC0415

        wheels = [(name, file.sha256) for name, file in own]
        content = recipe.request(wheels, description=recipe.description).encode()
        digest = hashlib.sha256(content).hexdigest()
        request = Artefact(f"requests/{digest}.json", len(content), digest, content)
        files = [tool, request, *(file for _, file in own)]
        self._deployer.send(files)
        return Built(tuple(file.name for file in files))


def target_distributions(python: str | None = None, root: Path | None = None) -> Distributions:
    """What is installed in the target interpreter.

    Args:
        python: As asked for with ``--python``.
        root: Of the project.
    """
    from clustrix_bundle.ask_interpreter import ask_interpreter, find_executable  # noqa: PLC0415 - where something is built
    from clustrix_bundle.bundler.distributions import Distributions  # noqa: PLC0415

    return Distributions(ask_interpreter(find_executable(python, os.environ, root)).site_folders)


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
