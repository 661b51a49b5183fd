"""A recipe: what an environment is built from. Its canonical text says all that matters, and the SHA-256 of that begins with the environment's key."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.deploy import Artefact
from clustrix_bundle.environments.builder.command import MARKER, key_of, render_description

if TYPE_CHECKING:
    from clustrix_bundle.environments.needs import Need

_UV_FROM = (3, 8)
"""Below, uv makes environments no more."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an environment is built from.

    Attributes:
        tool: pip or uv.
        requirements: Lines as in pip's files.
        optional: Lines of what the code can do without.
        constraints: Lines: versions of what these need in turn.
        own: Name to SHA-256 of the wheels of what no index has.
        interpreter: What tells the Python (`examine.identity`).
    """

    tool: str
    requirements: tuple[str, ...]
    optional: tuple[str, ...]
    constraints: tuple[str, ...]
    own: Mapping[str, str]
    interpreter: Mapping[str, Any]

    @property
    def description(self) -> dict[str, Any]:
        """What is described."""
        return {
            "schema": 1,
            "tool": self.tool,
            "requirements": list(self.requirements),
            "optional": list(self.optional),
            "constraints": list(self.constraints),
            "own": dict(self.own),
            "interpreter": dict(self.interpreter),
        }

    @property
    def text(self) -> str:
        """Canonical JSON."""
        text: str = render_description(self.description)
        return text

    @property
    def key(self) -> str:
        """The first 24 digits of its SHA-256."""
        key: str = key_of(self.text)
        return key

    @property
    def marker(self) -> Artefact:
        """The file that stands in an environment that is whole."""
        content = self.text.encode("ascii")
        return Artefact(f"environments/{self.key}/{MARKER}", len(content), hashlib.sha256(content).hexdigest(), content)

    def request(
        self,
        wheels: list[tuple[str, str]],
        pins: tuple[list[str], list[str]] | None = None,
        description: Any = None,
        **for_nodes: Any,
    ) -> str:
        """What the builder is given.

        Args:
            wheels: Name and SHA-256 of those that came along.
            pins: Requirements and optional ones, where these wheels are all there is.
            description: Instead of its own text.
            for_nodes: ``spare``: what takes the place of this, should no index have it (None for nothing); ``key``, by which a node
                tells that it was built.
        """
        requirements, optional = pins or (list(self.requirements), list(self.optional))
        return json.dumps(
            {
                **for_nodes,
                "description": self.text if description is None else description,
                "tool": self.tool,
                "requirements": requirements,
                "optional": optional,
                "constraints": list(self.constraints),
                "wheels": wheels,
                "offline": pins is not None,
            }
        )


def lines_of(needs: tuple[Need, ...]) -> tuple[list[str], list[str]]:
    """Lines of what is needed, and of what the code can do without."""
    return [one.line for one in needs if not one.optional], [one.line for one in needs if one.optional]


def pins_of(needs: tuple[Need, ...]) -> tuple[list[str], list[str]]:
    """The same by name and version, wherever they came from: for wheels at hand."""
    return [one.pin for one in needs if not one.optional], [one.pin for one in needs if one.optional]


def chosen_tool(package_manager: str, *, has_uv: bool, version: tuple[int, ...]) -> str:
    """Pip or uv, where the configuration leaves it open the faster one that is there."""
    if package_manager != "auto":
        return package_manager
    return "uv" if has_uv and version[:2] >= _UV_FROM else "pip"
