"""Functions whose results keep state between calls, such as decorators that count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing import known_calls
from clustrix_bundle.bundler.slicing.names import ModuleNames, root_name

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr
    from clustrix_bundle.bundler.slicing.things import Thing, Things


def is_stateful(things: Things, maker: Thing) -> bool:
    """Whether what a function gives back keeps state between calls: an inner function that rebinds or changes names of an outer one."""
    names = things.names(maker.module)
    if names is None:
        return False
    inner = [scope for scope in names.parts.get(maker.scope, ()) if scope != maker.scope]
    for scope in inner:
        if names.facts.scopes[scope].nonlocal_names:
            return True
        for owner in _changed_owners(names, scope):
            name = root_name(owner)
            local = names.is_local(scope, name) if name else None
            if local is not None and local != scope and names.facts.scopes[local].kind != "class":
                return True
    return False


def _changed_owners(names: ModuleNames, scope: int) -> Iterator[Expr]:
    for binding in names.bindings_in.get(scope, ()):
        if binding.target[0] in ("attr", "index"):
            yield binding.target
    for call in names.calls_in.get(scope, ()):
        if call.func[0] == "attr" and known_calls.method_changes(call.func[2]):
            yield call.func[1]
