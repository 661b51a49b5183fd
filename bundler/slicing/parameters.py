"""What the parameters of a called function stand for: arguments, defaults, what is left over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing.parts import ELEMENT, below
from clustrix_bundle.bundler.slicing.roots import Roots

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Parameter
    from clustrix_bundle.bundler.slicing.application import Application
    from clustrix_bundle.bundler.slicing.deeds import Root
    from clustrix_bundle.bundler.slicing.names import ModuleNames


def arguments_of(roots: Roots, home: ModuleNames, function: int, call: Application) -> dict[str, frozenset[Root]]:
    """What each parameter of a function, a scope of the module ``home``, stands for in a call that ``roots`` reads."""
    parameters = home.facts.scopes[function].parameters
    positional = [parameter for parameter in parameters if parameter.kind in ("positional", "either")]
    found: dict[str, frozenset[Root]] = {}
    for index, parameter in enumerate(positional):
        given = index < len(call.args)
        found[parameter.name] = roots.of(call.scope, call.args[index]) if given else _default(roots, home, function, parameter)
    for name, value in call.keywords:
        if name is not None:
            found[name] = roots.of(call.scope, value)
    first = next((index for index, arg in enumerate(call.args) if arg[0] == "star"), len(call.args))
    starred = first < len(call.args) or "" in call.names
    spread = below(roots.of_all(call.scope, (value for name, value in call.keywords if name is None)), ELEMENT)
    fixed = {parameter.name for parameter in positional[:first]}
    for parameter in parameters:
        if parameter.kind == "keyword" and parameter.name not in found:
            found[parameter.name] = _default(roots, home, function, parameter)
        if starred and parameter.name not in fixed:
            found[parameter.name] = roots.of_all(call.scope, call.values[first:]) | spread
        elif parameter.kind == "star":
            found[parameter.name] = roots.of_all(call.scope, call.args[len(positional) :])
        elif parameter.kind == "dstar":
            taken = {other.name for other in parameters}
            found[parameter.name] = roots.of_all(call.scope, (value for name, value in call.keywords if name not in taken))
    return found


def _default(roots: Roots, home: ModuleNames, function: int, parameter: Parameter) -> frozenset[Root]:
    """What a parameter that is not given belongs to: the object that its default names, or the function that keeps it."""
    scope = home.facts.scopes[function]
    if parameter.default is None:
        return frozenset()
    if parameter.default[0] in ("list", "dict", "set", "call", "comp", "dictcomp"):
        if home.module.name != roots.things.script:
            return frozenset([("module", home.module.name)])
        holder = home.facts.scopes[scope.parent] if scope.parent > 0 and home.is_method(function) else scope
        return frozenset([("name", holder.name)])
    other = roots if home is roots.names else Roots(roots.things, home)
    return frozenset(root for root in other.of(scope.parent, parameter.default) if root[0] not in ("parameter", "local"))
