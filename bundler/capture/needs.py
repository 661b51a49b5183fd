"""What captured values lean on: names of ``__main__``, modules, sources, paths."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.capture.held import HeldObjects
from clustrix_bundle.bundler.capture.shared import Shared
from clustrix_bundle.bundler.lazy_dataclass import dataclass, field

if TYPE_CHECKING:
    from clustrix_bundle.bundler.capture.source import Definition


@dataclass(slots=True)
class Needs:
    """What captured values lean on.

    Attributes:
        main_defined: Globals of ``__main__`` that its source binds by ``def``, ``class`` or a decorated one: they travel as code.
        guarded: Globals of ``__main__`` that its main guard gave: their statements do not run there, so they travel by definition.
        main_names: Globals of ``__main__`` that they name, or that functions among them read.
        modules: Modules they name: those of classes and functions by reference, and module objects.
        definitions: Sources that travel inside pickles, with the module whose globals they read.
        roots: The project root, and other spellings of its path: absolute paths below one are found below the job's own tree.
        paths: The paths, relative to the root, that were found in values.
        names: Texts in values that may be names of files, seen from the working directory.
        held: What the project's modules hold.
        shared: What other values files hold, and need not be pickled again.
    """

    main_defined: frozenset[str] = frozenset()
    roots: tuple[str, ...] = ()
    guarded: frozenset[str] = frozenset()
    main_names: set[str] = field(default_factory=set)
    modules: set[str] = field(default_factory=set)
    definitions: list[tuple[str, Definition]] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    shared: Shared = field(default_factory=Shared)
    held: HeldObjects = field(default_factory=lambda: HeldObjects(()))

    def __post_init__(self) -> None:
        if self.roots and not self.held.roots:
            self.held = HeldObjects(self.roots)

    def fresh(self) -> Needs:
        """Needs of the same program that name nothing yet."""
        return Needs(main_defined=self.main_defined, roots=self.roots, guarded=self.guarded, shared=self.shared, held=self.held)

    def add(self, other: Needs) -> None:
        """Take over what other values lean on."""
        self.main_names |= other.main_names
        self.modules |= other.modules
        self.definitions += other.definitions
        self.paths |= other.paths
        self.names |= other.names
