"""Python's scoping (section 4.2 of the language reference): which names mean the module's.

While the walk goes through a module, every scope notes the names it binds, declares, reads and mutates. Once all is read,
`module_level` decides for each name whether it is looked up in the module.
"""

from __future__ import annotations

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field


@dataclass(slots=True, eq=False)
class Names:
    """The names of one scope.

    Attributes:
        kind: module, function (lambdas too), class, comprehension, or types (a list of type parameters).
        statement: The module-level statement that holds it; -1 for the module.
        deferred: Whether its code runs when a function is called, not when the statement is executed.
        local: Names that Python makes local to it: bound, deleted or annotated.
        assigned: Those that are bound.
        reads, mutated: Names read in it, and names whose object it may change.
    """

    kind: str
    parent: Names | None
    statement: int
    deferred: bool
    local: set[str] = field(default_factory=set)
    assigned: set[str] = field(default_factory=set)
    global_names: set[str] = field(default_factory=set)
    nonlocal_names: set[str] = field(default_factory=set)
    reads: set[str] = field(default_factory=set)
    mutated: set[str] = field(default_factory=set)

    def binder(self) -> Names:
        """The scope in which a walrus here binds: comprehensions and type parameters hold only names of their own."""
        scope = self
        while scope.parent is not None and scope.kind in {"comprehension", "types"}:
            scope = scope.parent
        return scope


def module_level(names: Names, name: str) -> bool:
    """Whether ``name``, read in the scope ``names``, can mean the module's."""
    scope = names
    while scope.parent is not None and scope.kind == "types":
        if name in scope.local:
            return False
        scope = scope.parent
    if scope.parent is not None and scope.kind == "class":
        if name in scope.global_names:
            return True
        if name in scope.nonlocal_names:
            return False
        if name in scope.local:  # before the class has bound it, it is the module's, even within a function that has one
            return True
        scope = scope.parent
    while scope.parent is not None:
        if scope.kind != "class":  # the scopes of classes do not nest
            if name in scope.global_names:
                return True
            if name in scope.local or name in scope.nonlocal_names:
                return False
        scope = scope.parent
    return True
