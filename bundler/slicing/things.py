"""What an expression stands for: a function, class or module of the user's, something installed, something of ours.

Followed through imports of local modules (their facts, never their code), aliases and constructors; where several
definitions may be meant, all of them are.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from clustrix_bundle.bundler.lazy_dataclass import dataclass
from clustrix_bundle.bundler.slicing import known_calls
from clustrix_bundle.bundler.slicing.names import MODULES, ModuleNames

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule, LocalModule
    from clustrix_bundle.bundler.facts.model import Expr, Import

_DEPTH = 24
_BUILTINS = frozenset(dir(builtins))
_HANDLERS = ("emit", "handle", "filter", "format")
"""What a class that derives from one of logging may have that a log call runs."""
_IMPORTERS = frozenset({"__import__", "importlib.import_module"})
_OWN_MODULE: Expr = ("index", MODULES, ("name", "__name__"))


class Modules(Protocol):
    """The part of `World` that slicing asks."""

    def locate(self, name: str) -> LocalModule | None:
        """Where the dotted name is found under the source roots."""

    def load(self, name: str) -> LoadedModule | None:
        """The facts of a local module."""


class NoModules:
    """No local modules at all: a script that stands alone."""

    def locate(self, name: str) -> LocalModule | None:  # noqa: ARG002
        return None

    def load(self, name: str) -> LoadedModule | None:  # noqa: ARG002
        return None


@dataclass(frozen=True, slots=True)
class Thing:
    """What a name or an expression may mean.

    Attributes:
        kind: ``function`` or ``class`` (a scope of a module); ``module`` (local); ``foreign`` (installed, by dotted name, builtins
            by bare name); ``ours`` (a name of our package, empty for the package itself); ``decorator`` (our ``cluster(…)`` ready
            to wrap) and ``clustered`` (what it has wrapped); ``instance`` (of a class); ``made`` (by a function of the user's);
            ``data`` (a module-level name that holds anything else); ``foreign-made`` (by something installed).
        module: Module of the scope or name; dotted name for ``module``, ``foreign`` and ``foreign-made``.
        scope: Scope index for ``function``, ``class``, ``instance`` and ``made``.
        name: Name for ``ours`` and ``data``.
    """

    kind: str
    module: str = ""
    scope: int = -1
    name: str = ""


CLUSTER = Thing("ours", name="cluster")
"""Our decorator."""


class Things:
    """Resolves expressions of the script and of the local modules that it calls."""

    def __init__(self, script: LoadedModule, modules: Modules) -> None:
        self.script = script.name
        self._modules = modules
        self._names: dict[str, ModuleNames | None] = {script.name: ModuleNames(script)}
        self._imported: dict[str, tuple[str, ...]] = {}
        self._globals: dict[tuple[str, str], tuple[Thing, ...]] = {}
        self.returned: dict[Thing, frozenset[tuple[str, str]]] = {}
        """What each function gives back of module-level objects, as far as asked (`effects`)."""

    def as_script(self, module: LoadedModule) -> Things:
        """The same modules seen from another one."""
        other = Things(module, self._modules)
        other._names.update({name: names for name, names in self._names.items() if name != self.script})
        return other

    def names(self, module: str) -> ModuleNames | None:
        """The names of a local module; None where it is not local or does not parse."""
        if module not in self._names:
            loaded = self._modules.load(module)
            self._names[module] = ModuleNames(loaded) if loaded is not None else None
        return self._names[module]

    def is_local_module(self, name: str) -> bool:
        """Whether a dotted name is found under the source roots."""
        return self._modules.locate(name) is not None

    def seen_from(self, module: str) -> Iterator[ModuleNames]:
        """A module and the local modules that it imports."""
        if module not in self._imported:
            names = self.names(module)
            sources = {self.absolute(module, item) for item in names.facts.imports} if names is not None else set()
            self._imported[module] = (module, *sorted(source for source in sources - {module} if self.is_local_module(source)))
        for source in self._imported[module]:
            found = self.names(source)
            if found is not None:
                yield found

    def methods_named(self, module: str, name: str) -> Iterator[tuple[Thing, ModuleNames]]:
        """Methods of this name of classes of a module and of the local modules that it imports."""
        for found in self.seen_from(module):
            for number in found.methods.get(name, ()):
                yield Thing("function", found.module.name, number), found
            yield from self.set_later(found.module.name, name)

    def set_later(self, module: str, name: str) -> Iterator[tuple[Thing, ModuleNames]]:
        """Functions and lambdas that a module gives to an attribute of this name of a class or module: they may be what it means."""
        names = self.names(module)
        for binding in names.set_attributes.get(name, ()) if names is not None else ():
            assert names is not None
            for thing in self.of(module, binding.scope, binding.value):
                if thing.kind == "function":
                    yield thing, self.names(thing.module) or names
            for number, scope in enumerate(names.facts.scopes):
                if scope.kind == "lambda" and scope.statement == binding.statement and scope.line == binding.line:
                    yield Thing("function", module, number), names

    def run_by_inherited(self, module: str, name: str, receivers: Iterable[Thing]) -> Iterator[tuple[Thing, ModuleNames]]:
        """Methods of the user's that a method which a class inherits from something installed may run: ``run`` by ``start``, ``visit_Name`` by ``visit``.

        Where nothing is known of the receiver, only what starts a thread or process is taken to do so.
        """
        known = [thing for thing in receivers if thing.kind in ("instance", "foreign-made")]
        for thing in known:
            if thing.kind != "instance":
                continue
            names = self.names(thing.module)
            if names is not None and self._is_installed(thing) and not self.method_scopes(thing, name, set()):
                for numbers in names.members.get(thing.scope, {}).values():
                    yield from ((Thing("function", thing.module, number), names) for number in numbers)
        wanted = ("run",) if name == "start" and not known else _HANDLERS if name in known_calls.LOG_METHODS else ()
        for method in wanted:
            for function, names in self.methods_named(module, method):
                if self._is_installed(Thing("class", function.module, names.facts.scopes[function.scope].parent)):
                    yield function, names

    def is_generator(self, thing: Thing) -> bool:
        """Whether the body of a function runs when what its call gives is gone through or awaited."""
        names = self.names(thing.module)
        scope = names.facts.scopes[thing.scope] if names is not None else None
        return scope is not None and (scope.kind == "async" or scope.generator)

    def run_by_installed(self, thing: Thing) -> Iterator[Thing]:
        """Methods that something installed may run of an object that it is given: all of a class that derives from an installed one."""
        names = self.names(thing.module) if thing.kind in ("instance", "class") else None
        if names is not None and self._is_installed(thing):
            for numbers in names.members.get(thing.scope, {}).values():
                yield from (Thing("function", thing.module, number) for number in numbers)

    def _is_installed(self, owner: Thing) -> bool:
        """Whether a class derives from one of an installed module."""
        for cls in self._lineage(owner):
            for parent, base in self._bases(cls):
                for thing in self.of(cls.module, parent, base):
                    root = thing.module.partition(".")[0]
                    if thing.kind == "foreign" and "." in thing.module and root not in ("abc", "enum", "typing"):
                        return True
        return False

    def of(self, module: str, scope: int, expression: Expr, depth: int = 0) -> tuple[Thing, ...]:
        """What the expression may mean in a scope of a module; empty where nothing is known."""
        if depth > _DEPTH:
            return ()
        tag = expression[0]
        if tag == "name":
            return self._name(module, scope, expression[1], depth + 1)
        if tag == "attr":
            return _distinct(
                found
                for base in self.of(module, scope, expression[1], depth + 1)
                for found in self._member(base, expression[2], depth + 1)
            )
        if tag == "call":
            return _distinct(
                found for callee in self.of(module, scope, expression[1], depth + 1) for found in self._result(callee, expression)
            )
        if tag == "index" and expression[1] == MODULES and expression[2][0] == "str":
            return (self._module(expression[2][1]),)
        if tag == "either":
            return _distinct(found for part in expression[1] for found in self.of(module, scope, part, depth + 1))
        return ()

    def global_name(self, module: str, name: str, depth: int = 0) -> tuple[Thing, ...]:
        """What a module-level name may mean."""
        key = (module, name)
        if key not in self._globals:
            self._globals[key] = ()  # a cycle of re-exports means nothing more
            self._globals[key] = self._global(module, name, depth)
        return self._globals[key]

    def stand_ins(self, module: str) -> Iterator[Thing]:
        """Classes whose instance stands in a module's place: ``sys.modules[__name__].__class__ = Lazy``, ``sys.modules[__name__] = Lazy()``."""
        names = self.names(module)
        for binding in names.bindings_in.get(0, ()) if names is not None else ():
            if binding.target in (("attr", _OWN_MODULE, "__class__"), _OWN_MODULE):
                yield from (thing for thing in self.of(module, 0, binding.value) if thing.kind in ("class", "instance"))

    def wraps_for_cluster(self, function: Thing) -> bool:
        """Whether a function of the user's is decorated by our ``cluster``, directly or through a decorator that uses it."""
        names = self.names(function.module)
        if names is None:
            return False
        scope = names.facts.scopes[function.scope]
        for decorator in scope.decorators:
            for thing in self.of(function.module, scope.parent, decorator):
                if thing.kind in ("decorator", "clustered") or thing == CLUSTER or self._uses_cluster(thing):
                    return True
        return False

    def _uses_cluster(self, thing: Thing) -> bool:
        if thing.kind not in ("function", "made"):
            return False
        names = self.names(thing.module)
        return names is not None and any(
            CLUSTER in self.of(thing.module, call.scope, call.func)
            for scope in names.parts.get(thing.scope, ())
            for call in names.calls_in.get(scope, ())
        )

    def _name(self, module: str, scope: int, name: str, depth: int) -> tuple[Thing, ...]:
        names = self.names(module)
        if names is None:
            return ()
        local = names.is_local(scope, name)
        if local is None:
            return self.global_name(module, name, depth)
        found = [thing for item in names.imports.get((local, name), ()) for thing in self.imported(module, item, depth)]
        found += [
            thing
            for binding in names.assignments.get((local, name), ())
            if binding.value[0] in ("name", "attr", "call")
            for thing in self.of(module, local, binding.value, depth + 4)
        ]
        return _distinct(found)

    def _global(self, module: str, name: str, depth: int) -> tuple[Thing, ...]:
        names = self.names(module)
        if names is None:
            return ()
        found = [
            Thing("class" if names.facts.scopes[number].kind == "class" else "function", module, number)
            for number in names.definitions.get(name, ())
        ]
        for item in names.imports.get((0, name), ()):
            found += self.imported(module, item, depth)
        assignments = names.assignments.get((0, name), ())
        for binding in assignments:
            found += self.of(module, 0, binding.value, depth + 1)
        if assignments:
            found.append(Thing("data", module, name=name))
        if not found:
            for item in names.imports.get((0, "*"), ()):
                found += self._starred(module, item, name, depth)
        if not found and name in _BUILTINS:
            found.append(Thing("foreign", name))
        return _distinct(found)

    def _starred(self, module: str, item: Import, name: str, depth: int) -> tuple[Thing, ...]:
        source = self.absolute(module, item)
        if self.is_local_module(source):
            target = self.names(source)
            return tuple(
                thing for thing in self.global_name(source, name, depth + 1) if thing.kind != "foreign" or target is None
            )
        if source.partition(".")[0] in known_calls.OUR_PACKAGES and name not in _BUILTINS:
            return (Thing("ours", name=name),)
        return ()

    def absolute(self, module: str, item: Import) -> str:
        """The absolute name of the module that an import statement names."""
        if not item.level:
            return item.module
        names = self.names(module)
        package = names.module.package.split(".") if names is not None and names.module.package else []
        kept = package[: len(package) - item.level + 1]
        return ".".join([*kept, *([item.module] if item.module else [])])

    def imported(self, module: str, item: Import, depth: int) -> tuple[Thing, ...]:
        """What the name that an import binds means."""
        source = self.absolute(module, item)
        if item.name is None:
            source = source if item.asname else source.partition(".")[0]
            return (self._module(source),)
        if item.name == "*":
            return ()
        return self._member(self._module(source), item.name, depth + 1)

    def _module(self, name: str) -> Thing:
        if self.is_local_module(name):
            return Thing("module", name)
        if name.partition(".")[0] in known_calls.OUR_PACKAGES:
            return Thing("ours", name="")
        return Thing("foreign", name)

    def _member(self, base: Thing, name: str, depth: int) -> tuple[Thing, ...]:
        if depth > _DEPTH:
            return ()
        if base.kind == "module":
            found = self.global_name(base.module, name, depth + 1)
            if not found and self.is_local_module(f"{base.module}.{name}"):
                return (Thing("module", f"{base.module}.{name}"),)
            for cls in self.stand_ins(base.module) if not found else ():
                found += self.method_scopes(cls, name, set())
            return found or (Thing("data", base.module, name=name),)
        if base.kind == "foreign":
            return (Thing("foreign", f"{base.module}.{name}"),)
        if base.kind == "ours":
            return (Thing("ours", name=base.name or name),)
        if base.kind == "clustered" or (base.kind == "function" and self.wraps_for_cluster(base)):
            return () if name in ("local", "__wrapped__", "__name__", "__doc__") else (Thing("clustered"),)
        if base.kind in ("class", "instance"):
            names = self.names(base.module)
            return self.method_scopes(base, name, set()) if names is not None else ()
        return ()

    def metaclasses(self, cls: Thing, *, inherited: bool = True) -> list[Thing]:
        """The user's metaclasses that a class names, and those of its bases."""
        found: list[Thing] = []
        for owner in self._lineage(cls) if inherited else (cls,):
            names = self.names(owner.module)
            if names is not None:
                scope = names.facts.scopes[owner.scope]
                named = [value for name, value in scope.keywords if name == "metaclass"]
                found += [
                    thing for value in named for thing in self.of(owner.module, scope.parent, value) if thing.kind == "class"
                ]
        return found

    def _bases(self, cls: Thing) -> list[tuple[int, Expr]]:
        """What a class derives from, with the scope that it is defined in."""
        names = self.names(cls.module)
        scope = names.facts.scopes[cls.scope] if names is not None else None
        return [(scope.parent, base) for base in scope.bases] if scope is not None else []

    def _lineage(self, cls: Thing) -> Iterator[Thing]:
        """A class and the bases of it that are the user's, each once: ``class Model(Model)`` again and again may mean any of them."""
        seen = {cls}
        pending = [cls]
        while pending:
            owner = pending.pop()
            yield owner
            for parent, base in self._bases(owner):
                bases = {thing for thing in self.of(owner.module, parent, base) if thing.kind == "class"}
                pending += sorted(bases - seen, key=lambda thing: (thing.module, thing.scope), reverse=True)
                seen |= bases

    def method_scopes(self, owner: Thing, name: str, seen: set[Thing]) -> tuple[Thing, ...]:
        """Methods of that name in a class and the bases of it that are the user's."""
        names = self.names(owner.module)
        if names is None or owner in seen:
            return ()
        seen.add(owner)
        found = [Thing("function", owner.module, number) for number in names.members.get(owner.scope, {}).get(name, ())]
        for base in names.facts.scopes[owner.scope].bases:
            for thing in self.of(owner.module, names.facts.scopes[owner.scope].parent, base):
                if thing.kind == "class":
                    found += self.method_scopes(thing, name, seen)
        return _distinct(found)

    def _result(self, callee: Thing, call: Expr) -> tuple[Thing, ...]:
        if callee.kind == "class":
            return (Thing("instance", callee.module, callee.scope),)
        if callee.kind == "function":
            return (Thing("made", callee.module, callee.scope),)
        if callee.module in _IMPORTERS and call[2] and call[2][0][0] == "str":
            name = call[2][0][1]
            return (self._module(name.partition(".")[0] if callee.module == "__import__" else name),)
        if callee.kind == "foreign":
            return (Thing("foreign-made", callee.module),)
        if callee == CLUSTER:
            return (Thing("clustered" if call[2] else "decorator"),)
        if callee.kind == "decorator":
            return (Thing("clustered"),)
        return (callee,) if callee.kind == "ours" else ()


def _distinct(things: object) -> tuple[Thing, ...]:
    return tuple(dict.fromkeys(things))  # type: ignore[call-overload]
