"""Having the environment there that a job needs: found, or built, with wheels from here where an installer there cannot do it alone."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place
    from clustrix_bundle.bundler.distributions import Distributions
    from clustrix_bundle.deploy import Artefact
    from clustrix_bundle.environments.needs import Needs
    from clustrix_bundle.environments.probe import Probe
    from clustrix_bundle.environments.recipe import Recipe
    from clustrix_bundle.runtime.config import ClusterConfig


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


class Preparation:
    """One call of `RemoteEnvironment.prepare`.

    Args:
        config: With ``environment="venv"``.
        place: Where.
        needs: What is to be in it.
        probe: What is there; it has a Python.
        prelude: What leads to that Python.
        installed: What is installed here.
        folder: For wheels in passing.
        tell: Told what is added to a build's log.
    """

    def __init__(
        self,
        config: ClusterConfig,
        place: Place,
        needs: Needs,
        probe: Probe,
        *,
        prelude: str,
        installed: Distributions,
        folder: str,
        tell: Callable[[str], None],
    ) -> None:
        from clustrix_bundle.deploy import RemoteDeployer  # noqa: PLC0415 - where something is built

        self._config, self._place, self._needs, self._probe = config, place, needs, probe
        self._prelude, self._installed, self._folder, self._tell = prelude, installed, folder, tell
        self._deployer = RemoteDeployer(place=place)

    def run(self) -> Built:
        """The environment.

        Raises:
            EnvironmentBuildError: It cannot be built.
            ClusterConnectionError: The way there.
        """
        from clustrix_bundle.environments.build import UNAVAILABLE, Building, Failure, error_of  # noqa: PLC0415
        from clustrix_bundle.environments.errors import EnvironmentBuildError  # noqa: PLC0415
        from clustrix_bundle.environments.recipe import pins_of  # noqa: PLC0415
        from clustrix_bundle.environments.tool import builder_tool  # noqa: PLC0415

        recipe, own = self._recipe()
        tool = builder_tool()
        if self._config.build_on == "node":
            return self._for_node(recipe, own, tool)
        marker = recipe.marker
        if not self._place.call("store.missing", files=[[marker.name, marker.size, marker.sha256]]):
            return Built((f"environments/{recipe.key}",), recipe.key)
        self._deployer.send([tool, *(file for _, file in own)])
        building = Building(self._place, self._prelude, self._probe.state_dir, tool.name, self._tell)
        made = building.run(recipe, recipe.request(_names(own)))
        if isinstance(made, Failure) and made.kind in UNAVAILABLE:
            try:
                every = self._all_wheels(recipe, "what is needed cannot be had there")
            except EnvironmentBuildError as error:
                raise EnvironmentBuildError(f"{error_of(made, recipe)}\n\nand {error.message}", error.log) from error
            self._deployer.send([tool, *(file for _, file in every)])
            made = building.run(recipe, recipe.request(_names(every), pins_of(self._needs.distributions)))
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
            tool=chosen_tool(self._config.package_manager, has_uv=bool(probe.tools.get("uv")), version=version),
            requirements=tuple(requirements),
            optional=tuple(optional),
            constraints=tuple(constraints(closure(self._installed, needs), needs)),
            own={name: file.sha256 for name, file in own},
            interpreter=probe.identity,
        )
        return recipe, own

    def _all_wheels(self, recipe: Recipe, why: str) -> list[tuple[str, Artefact]]:
        """Wheels of all that is needed; ``why`` they are gathered is told."""
        from clustrix_bundle.environments.recipe import pins_of  # noqa: PLC0415
        from clustrix_bundle.environments.wheels import all_wheels, pack_wheel  # noqa: PLC0415

        self._tell(f"wheels are gathered here: {why}\n")
        lines = *pins_of(self._needs.distributions), list(recipe.constraints)
        folder = tempfile.mkdtemp(dir=self._folder)
        paths = all_wheels(self._needs.distributions, self._installed, recipe.interpreter, lines, folder)
        return [pack_wheel(path) for path in paths]

    def _for_node(self, recipe: Recipe, own: list[tuple[str, Artefact]], tool: Artefact) -> Built:
        """What nodes build from, with wheels of all that is needed, unless one of them has built it: they may have no index."""
        import hashlib  # noqa: PLC0415 - for builds on nodes

        from clustrix_bundle.deploy import Artefact  # noqa: PLC0415
        from clustrix_bundle.environments.errors import EnvironmentBuildError  # noqa: PLC0415

        key = recipe.key.encode()
        known = f"requests/{recipe.key}.built", len(key), hashlib.sha256(key).hexdigest()
        every: list[tuple[str, Artefact]] = []
        if self._place.call("store.missing", files=[known]):
            with contextlib.suppress(EnvironmentBuildError):  # nor are they to be had here
                every = self._all_wheels(recipe, "they travel, should nodes have no index")
        content = recipe.request(_names(own), description=recipe.description, spare=self._spare(every), key=recipe.key).encode()
        digest = hashlib.sha256(content).hexdigest()
        request = Artefact(f"requests/{digest}.json", len(content), digest, content)
        files = {file.name: file for file in (tool, request, *(file for _, file in (*own, *every)))}
        self._deployer.send(list(files.values()))
        return Built(tuple(files))

    def _spare(self, every: list[tuple[str, Artefact]]) -> dict[str, Any] | None:
        from clustrix_bundle.environments.recipe import pins_of  # noqa: PLC0415 - for builds on nodes

        if not every:
            return None
        requirements, optional = pins_of(self._needs.distributions)
        return {"wheels": _names(every), "requirements": requirements, "optional": optional, "offline": True}


def _names(wheels: list[tuple[str, Artefact]]) -> list[tuple[str, str]]:
    """Names and digests, as the builder takes them."""
    return [(name, file.sha256) for name, file in wheels]


def target_distributions(python: str | None = None, root: Path | None = None) -> Distributions:
    """What is installed in the target interpreter.

    Args:
        python: As asked for with ``--python``.
        root: Of the project.
    """
    from clustrix_bundle.ask_interpreter import ask_interpreter, find_executable  # noqa: PLC0415 - where something is built
    from clustrix_bundle.bundler.distributions import Distributions  # noqa: PLC0415

    return Distributions(ask_interpreter(find_executable(python, os.environ, root)).site_folders)
