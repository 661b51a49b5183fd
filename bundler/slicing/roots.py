"""Whose object an expression gives: names of the script, local modules, installed ones, parameters."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing import known_calls
from clustrix_bundle.bundler.slicing.names import ModuleNames, chain, children
from clustrix_bundle.bundler.slicing.parts import ANYTHING, ELEMENT, below, renewed, split
from clustrix_bundle.bundler.slicing.things import Thing

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr
    from clustrix_bundle.bundler.slicing.deeds import Root
    from clustrix_bundle.bundler.slicing.things import Things

_TYPE = ("name", "type")
SUPER: Expr = ("call", ("name", "super"), (), ())
_DISPLAYS = frozenset({"list", "tuple", "dict", "comp", "dictcomp"})


class Roots:
    """The owners of expressions of one module."""

    def __init__(self, things: Things, names: ModuleNames) -> None:
        self.things = things
        self.names = names
        self.module = names.module.name
        self._open: set[tuple[int, str]] = set()
        self._open_aliases: set[str] = set()

    def of(self, scope: int, expression: Expr) -> frozenset[Root]:
        """What the object that an expression gives may belong to, or be a part of."""
        tag = expression[0]
        if tag == "name":
            return self.of_name(scope, expression[1])
        if tag in ("index", "call"):
            modules = {
                ("module", thing.module) for thing in self.things.of(self.module, scope, expression) if thing.kind == "module"
            }
            if modules:
                return frozenset(modules)
        if (tag == "attr" and expression[2] == "__class__") or (
            tag == "call" and expression[1] == _TYPE and len(expression[2]) == 1
        ):
            return self._class_of(scope, expression[1] if tag == "attr" else expression[2][0])
        if tag in ("attr", "index", "each", "star"):
            dotted = self.dotted(scope, expression)
            if dotted:
                return frozenset([("foreign", dotted)])
            found = self.of(scope, expression[1])
            if tag != "attr":
                return below(found, ELEMENT)
            computed = self._computed(expression[2])
            step = "." + expression[2] if computed is None and expression[2] != "__dict__" else ANYTHING
            return below(found, step) | self._shared(expression[2], found) | (computed or frozenset())
        if tag in ("list", "tuple", "set", "either", "comp", "dict", "dictcomp"):
            return frozenset().union(*(self.of(scope, child) for child in children(expression)))
        if tag == "bin" and (expression[1] == "|" or _DISPLAYS & {expression[2][0], expression[3][0]}):
            return self.of_all(scope, expression[2:])  # what is put together holds the same objects
        return self._of_call(scope, expression) if tag == "call" else frozenset()

    def _class_of(self, scope: int, instance: Expr) -> frozenset[Root]:
        """The class of an object: the one that the object is known to be of, or that holds the method whose first parameter it is."""
        found = {self._root_of(thing) for thing in self.things.of(self.module, scope, instance) if thing.kind == "instance"}
        scopes = self.names.facts.scopes
        local = self.names.is_local(scope, instance[1]) if instance[0] == "name" else None
        first = scopes[local].parameters[:1] if local is not None and self.names.is_method(local) else ()
        if local is not None and first and first[0].name == instance[1]:
            found.add(self._root_of(Thing("class", self.module, scopes[local].parent)))
        return frozenset(found) | self.of(scope, instance)

    def _root_of(self, cls: Thing) -> Root:
        names = self.things.names(cls.module)
        if cls.module != self.things.script or names is None:
            return ("module", cls.module)
        return ("name", names.facts.scopes[cls.scope].name)

    def _shared(self, attribute: str, owners: frozenset[Root]) -> frozenset[Root]:
        """Classes that may hold an attribute for all their instances: ``self.items.append(1)`` where the class says ``items = []``."""
        if not any(kind in ("name", "parameter", "local") for kind, _ in owners):
            return frozenset()
        return frozenset(
            ("name", cls) if names.module.name == self.things.script else ("module", names.module.name)
            for names in self.things.seen_from(self.module)
            for cls in names.shared_attributes.get(attribute, ())
        )

    def _computed(self, attribute: str) -> frozenset[Root] | None:
        """What properties of this name give back of module-level objects; None where there are none."""
        properties = [
            method
            for method, names in self.things.methods_named(self.module, attribute)
            if names.facts.scopes[method.scope].decorators
        ]
        return frozenset().union(*map(self._returned, properties)) if properties else None

    def of_all(self, scope: int, expressions: Iterable[Expr]) -> frozenset[Root]:
        """What the objects that several expressions give may belong to."""
        return frozenset().union(*(self.of(scope, expression) for expression in expressions))

    def _of_call(self, scope: int, expression: Expr) -> frozenset[Root]:
        callee, args = expression[1], (*expression[2], *(value for _, value in expression[3]))
        if expression == SUPER:
            return self.of(scope, self.first_parameter(scope))
        given: frozenset[Root] = frozenset().union(*(self.of(scope, arg) for arg in args))
        passed = below(given, ANYTHING)  # what a function gives may be a part of what it is given
        things = self.things.of(self.module, scope, callee)
        found: set[Root] = set() if things else set(passed)
        for thing in things:
            if thing.kind == "foreign":
                last = thing.module.rpartition(".")[2]
                if "." in thing.module and (last.startswith("get") or last in ("gca", "gcf")):
                    found.add(("foreign", thing.module))
                elif thing.module in known_calls.COPIERS:
                    found |= self._content(scope, expression[2]) | self.of_all(scope, dict(expression[3]).values())
                elif not known_calls.makes_anew(thing.module):
                    found |= given if last[:1].isupper() else passed
            elif thing.kind == "function":
                found |= passed | self._returned(thing)
                if self._is_cached(thing):
                    found |= self.of(scope, callee)
            else:
                found |= given
                if thing.kind == "class" and (self._is_replaced(thing) or self._is_kept(thing)):
                    found |= self.of(scope, callee)
        if callee[0] == "name" and not any(thing.kind in ("foreign", "function", "class") for thing in things):
            found |= below(self.of(scope, callee), ANYTHING)  # what a called object gives may be a part of it
        if callee[0] == "attr" and not any(thing.kind == "foreign" for thing in things):
            if callee[2] not in known_calls.METHODS_THAT_MAKE:
                found |= below(self.of(scope, callee[1]), ANYTHING)
            elif callee[2] == "copy":
                found |= renewed(self.of(scope, callee[1]))
        return frozenset(found)

    def _content(self, scope: int, given: Iterable[Expr]) -> frozenset[Root]:
        """What a new container holds that is made of others: the same as they."""
        return frozenset().union(*(self.of(scope, one) if one[0] in _DISPLAYS else renewed(self.of(scope, one)) for one in given))

    def first_parameter(self, scope: int) -> Expr:
        """The name of the object whose method holds a scope."""
        while scope > 0 and not self.names.is_method(scope):
            scope = self.names.facts.scopes[scope].parent
        first = self.names.facts.scopes[scope].parameters[:1]
        return ("name", first[0].name) if first else ("?",)

    def _is_kept(self, cls: Thing) -> bool:
        """Whether making an instance may give one that the class has made before, or that shares its state with others."""
        names = self.things.names(cls.module)
        made = [cls, *self.things.metaclasses(cls)]
        return any(
            self.things.method_scopes(one, name, set()) for one, name in zip(made, ("__new__", "__call__"), strict=False)
        ) or (names is not None and cls.scope in names.shares_state)

    def _is_replaced(self, cls: Thing) -> bool:
        """Whether a decorator of the project's own puts something else in a class's place, which may give one object again and again."""
        names = self.things.names(cls.module)
        if names is None:
            return False
        own = names.facts.scopes[cls.scope]
        functions = (
            thing
            for decorator in own.decorators
            for thing in self.things.of(cls.module, own.parent, decorator)
            if thing.kind == "function"
        )
        for function in functions:
            there = self.things.names(function.module)
            if there is None:
                continue
            unchanged = [("name", parameter.name) for parameter in there.facts.scopes[function.scope].parameters]
            given = [item.value for item in there.bindings_in.get(function.scope, ()) if item.kind == "return"]
            if any(value not in unchanged for value in given):
                return True
        return False

    def _is_cached(self, function: Thing) -> bool:
        """Whether a function gives the same object again: ``@lru_cache def settings(): …``."""
        names = self.things.names(function.module)
        decorators = names.facts.scopes[function.scope].decorators if names is not None else ()
        return any("cache" in (item[1] if item[0] == "call" else item)[-1] for item in decorators)

    def _returned(self, function: Thing) -> frozenset[Root]:
        """Module-level objects that a function gives back: ``def registry(): return _REGISTRY``."""
        known = self.things.returned.get(function)
        names = self.things.names(function.module)
        if known is not None or names is None:
            return known or frozenset()
        self.things.returned[function] = frozenset()  # what a recursion gives back is given back by the rest
        other = self if names is self.names else Roots(self.things, names)
        given = {
            root
            for binding in names.bindings_in.get(function.scope, ())
            if binding.kind in ("return", "yield")
            for root in other.of(function.scope, binding.value)
        }
        for local in [root for root in given if root[0] == "local"]:
            given |= other.put_in(function.scope, ("name", split(local)[0][1]))
        found = frozenset(root for root in given if root[0] not in ("parameter", "local"))
        self.things.returned[function] = found
        return found

    def put_in(self, scope: int, receiver: Expr) -> frozenset[Root]:
        """What a function puts into an object that it has made: ``made.append(ITEMS)``, ``made["x"] = ITEMS``."""
        values = [
            value
            for call in self.names.calls_in.get(scope, ())
            if call.func[0] == "attr" and call.func[1] == receiver and known_calls.method_takes_in(call.func[2])
            for value in (*call.args, *dict(call.keywords).values())
        ]
        values += [
            item.value
            for item in self.names.bindings_in.get(scope, ())
            if item.target[0] in ("attr", "index") and item.target[1] == receiver
        ]
        return self.of_all(scope, values)

    def of_name(self, scope: int, name: str) -> frozenset[Root]:
        local = self.names.is_local(scope, name)
        if local is None:
            return self._of_global(name)
        key = (local, name)
        if key in self._open:
            return frozenset()
        self._open.add(key)
        found: set[Root] = set()
        if any(parameter.name == name for parameter in self.names.facts.scopes[local].parameters):
            found.add(("parameter", name))
        for binding in self.names.assignments.get(key, ()):
            found |= self.of(local, binding.value)
        for item in self.names.imports.get(key, ()):
            found |= _of_things(self.things.imported(self.module, item, 0))
        self._open.discard(key)
        if not found and self.names.function_of[local] >= 0:
            found.add(("local", name))
        return frozenset(found)

    def _of_global(self, name: str) -> frozenset[Root]:
        found: set[Root] = set()
        if self.module == self.things.script and name in self.names.constants:
            return frozenset()
        imports = self.names.imports.get((0, name), ())
        for item in imports:
            source = self.things.absolute(self.module, item)
            if self.things.is_local_module(source):
                found.add(("module", source))
            else:
                found.add(("foreign", source if item.name is None else f"{source}.{item.name}"))
        if name in self.names.binders and not (imports and len(self.names.binders[name]) == len(imports)):
            found.add(("name", name) if self.module == self.things.script else ("module", self.module))
        if name not in self._open_aliases:
            self._open_aliases.add(name)
            for binding in self.names.assignments.get((0, name), ()):
                values = self.of(0, binding.value)  # a comprehension's own name is none of the module's
                found |= {root for root in values if root[0] in ("foreign", "module") or binding.kind == "comp"}
            self._open_aliases.discard(name)
        if not found and not imports and name not in self.names.binders and (0, "*") in self.names.imports:
            found |= {root for thing in self.things.global_name(self.module, name) for root in _of_things((thing,))}
        return frozenset(found)

    def dotted(self, scope: int, expression: Expr) -> str:
        """The dotted name of an attribute chain on an installed module: ``os.environ`` of ``os.environ["X"]``."""
        innermost, attributes = chain(expression)
        if innermost[0] != "name" or not attributes:
            return ""
        for thing in self.things.of(self.module, scope, innermost):
            if thing.kind == "foreign" and (
                self.names.is_local(scope, innermost[1]) is not None or self._is_imported(innermost[1])
            ):
                return ".".join([thing.module, *(part for part in attributes if part != "[]")])
        return ""

    def _is_imported(self, name: str) -> bool:
        return (0, name) in self.names.imports or (0, "*") in self.names.imports

    def is_namespace(self, scope: int, expression: Expr) -> bool:
        """``globals()``, and ``vars()`` and ``locals()`` at module level; ``sys.modules[__name__].__dict__``."""
        if expression[0] == "call" and expression[1][0] == "name":
            name = expression[1][1]
            return name == "globals" or (name in ("vars", "locals") and not expression[2] and self.names.function_of[scope] < 0)
        return expression[0] == "attr" and expression[2] == "__dict__" and self.is_own_module(expression[1])

    def is_own_module(self, expression: Expr) -> bool:
        return expression == ("index", ("attr", ("name", "sys"), "modules"), ("name", "__name__"))


def _of_things(found: Iterable[Thing]) -> set[Root]:
    roots: set[Root] = set()
    for thing in found:
        if thing.kind == "foreign":
            roots.add(("foreign", thing.module))
        elif thing.kind in ("module", "function", "class", "data"):
            roots.add(("module", thing.module))
    return roots
