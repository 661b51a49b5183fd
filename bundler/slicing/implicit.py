"""What runs when something is merely read: a module's ``__getattr__``, properties, operators, and what a ``defaultdict`` puts in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.slicing import known_calls
from clustrix_bundle.bundler.slicing.application import UNKNOWN, Application
from clustrix_bundle.bundler.slicing.names import bound_name, root_name
from clustrix_bundle.bundler.slicing.syntax_reads import METHODS, Read
from clustrix_bundle.bundler.slicing.things import Thing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from clustrix_bundle.bundler.facts.model import Binding, Expr
    from clustrix_bundle.bundler.slicing.calls import CallReader
    from clustrix_bundle.bundler.slicing.names import ModuleNames
    from clustrix_bundle.bundler.slicing.things import Things

_NOT_READ = frozenset({"staticmethod", "classmethod", "abstractmethod", "overload", "override", "final", "setter", "deleter"})
_ATTRIBUTE_HOOKS = frozenset({"__getattr__", "__getattribute__", "__get__"})


class ImplicitRuns:
    """The reads of every module, with what they may run; shared by all readers of a script."""

    def __init__(self, things: Things) -> None:
        self.things = things
        self._acting: dict[str, bool] = {}
        self._tables: dict[str, dict[str, list[tuple[Thing, ModuleNames]]]] = {}
        self._reads: dict[str, dict[tuple[int, int], list[Read]]] = {}

    def reads(self, names: ModuleNames, scope: int, statement: int) -> Sequence[Read]:
        """What a statement of the module has in a scope that may run something; nothing in modules that see nothing of the kind."""
        module = names.module.name
        if module not in self._reads:
            self._reads[module] = self._relevant(names) if self._acts(module, set()) else {}
        return self._reads[module].get((scope, statement), ())

    def _relevant(self, names: ModuleNames) -> dict[tuple[int, int], list[Read]]:
        """The reads of a module that may run anything there is."""
        module = names.module.name
        table = self._table(module)
        hooked = self._sees_hooks(module)
        wanted = {*table, *(["__dir__"] if hooked else []), *(["__iter__"] if _has_iterators(names) else [])}
        wanted |= {"__getitem__"} if _uses_default_dict(names) else set()
        found: dict[tuple[int, int], list[Read]] = {}
        for scope, reads in names.syntax.reads.items():
            for read in reads:
                if (read.attribute and (hooked or read.attribute in table or read.attribute == "*")) or wanted.intersection(
                    read.methods
                ):
                    found.setdefault((scope, read.statement), []).append(read)
        return found

    def _sees_hooks(self, module: str) -> bool:
        """Whether a module, or one below it, acts when its attributes are read."""
        seen: set[str] = set()
        pending = [module]
        while pending:
            name = pending.pop()
            if name not in seen:
                seen.add(name)
                for names in self.things.seen_from(name):
                    if self._has_hooks(names):
                        return True
                    pending.append(names.module.name)
        return False

    def _has_hooks(self, names: ModuleNames) -> bool:
        hooks = {"__getattr__", "__dir__"} & names.definitions.keys()
        return bool(hooks) or any(True for _ in self.things.stand_ins(names.module.name))

    def read(self, reader: CallReader, read: Read) -> None:
        """Adds what a read may do to the reader's deeds."""
        reader.line = read.line
        if read.attribute or "__dir__" in read.methods:
            self._run_module_hooks(reader, read)
        receiver = read.receiver
        if receiver[0] in ("str", "const"):
            return
        if "__iter__" in read.methods:
            reader.use_up(read.scope, receiver)
        table = self._table(reader.module)
        wanted = [name for name in read.methods if name in table]
        if read.attribute and read.attribute in table:
            wanted.append(read.attribute)
        if read.attribute == "*":
            wanted += [name for name in table if name not in METHODS]
        if not wanted and read.methods[0] != "__getitem__":
            return
        receivers = self.things.of(reader.module, read.scope, receiver)
        if read.methods[0] == "__getitem__" and any(thing.module == "collections.defaultdict" for thing in receivers):
            reader.deeds.change(reader.roots.of(read.scope, receiver))
            self._run_factory(reader, read.scope, receiver)
        if self.is_no_instance(reader, read.scope, receiver):
            return
        application = Application(read.scope, UNKNOWN, (receiver, *read.others))
        for name in wanted:
            for function, names in table[name]:
                if name not in _ATTRIBUTE_HOOKS or self._may_hook(name, read, function, receivers, reader.module):
                    reader.deeds.calls.append((function, reader.arguments(function.scope, application, names)))

    # -- modules

    def _run_module_hooks(self, reader: CallReader, read: Read) -> None:
        for thing in self.things.of(reader.module, read.scope, read.receiver):
            if thing.kind == "module":
                hooks = self.module_hooks(thing.module, read.attribute) if read.attribute else self._listing_hooks(thing.module)
                for function in hooks:
                    reader.run_hook(function)

    def module_hooks(self, module: str, attribute: str) -> Iterator[Thing]:
        """What runs when an attribute of a local module is read: its ``__getattr__`` (PEP 562), or that of what stands in its place."""
        names = self.things.names(module)
        if names is None:
            return
        if attribute not in names.binders and attribute not in ("__name__", "__doc__", "__file__", "__dict__"):
            for number in names.definitions.get("__getattr__", ()):
                yield Thing("function", module, number)
        for cls in self.things.stand_ins(module):
            for hook in ("__getattribute__", "__getattr__", attribute):
                yield from (
                    method
                    for method in self.things.method_scopes(cls, hook, set())
                    if hook != attribute or _is_read(self.things, method)
                )

    def _listing_hooks(self, module: str) -> Iterator[Thing]:
        """What runs when a local module is listed: its ``__dir__``."""
        names = self.things.names(module)
        for number in names.definitions.get("__dir__", ()) if names is not None else ():
            yield Thing("function", module, number)

    # -- objects

    def _may_hook(self, name: str, read: Read, function: Thing, receivers: Iterable[Thing], module: str) -> bool:
        """Whether the class that has the hook may be asked: it must be known of the receiver, as attributes are read everywhere."""
        if name == "__get__":
            return self.has_descriptor(module, read.attribute)
        return any(
            thing.kind in ("instance", "class") and function in self.things.method_scopes(thing, name, set())
            for thing in receivers
        )

    def has_descriptor(self, module: str, attribute: str) -> bool:
        """Whether a class that a module sees binds an attribute, perhaps to a descriptor."""
        return any(
            (number, attribute) in names.assignments
            for names in self.things.seen_from(module)
            for number, scope in enumerate(names.facts.scopes)
            if scope.kind == "class"
        )

    def is_no_instance(self, reader: CallReader, scope: int, receiver: Expr) -> bool:
        """Whether an object is surely of no class of the user's: a module, or a name bound once, to what something installed makes."""
        kinds = {thing.kind for thing in self.things.of(reader.module, scope, receiver)} - {"data"}
        if not kinds or kinds - {"foreign", "foreign-made", "module", "function"}:
            return False
        if receiver[0] != "name" or "foreign-made" not in kinds:
            return "foreign-made" not in kinds
        local = reader.names.is_local(scope, receiver[1])
        return len(reader.names.assignments.get((local or 0, receiver[1]), ())) == 1

    def _run_factory(self, reader: CallReader, scope: int, receiver: Expr) -> None:
        """``defaultdict(make)`` runs ``make`` when a key is read that it lacks."""
        if receiver[0] != "name":
            return
        local = reader.names.is_local(scope, receiver[1])
        for binding in reader.names.assignments.get((local or 0, receiver[1]), ()):
            if binding.value[0] == "call" and binding.value[2]:
                factory = binding.value[2][0]
                for thing in self.things.of(reader.module, binding.scope, factory):
                    if thing.kind == "function":
                        reader.deeds.calls.append((thing, {}))
                if factory[0] == "?":
                    reader.run_lambdas(receiver[1], Application(scope, UNKNOWN, ()))

    # -- which methods there are

    def _table(self, module: str) -> dict[str, list[tuple[Thing, ModuleNames]]]:
        """Methods that reading may run and that may do more than read, of classes that a module sees, by name."""
        if module not in self._tables:
            waiting = [
                (names, number, names.facts.scopes[number].name)
                for names in self.things.seen_from(module)
                for number in self._readable(names)
                if names.is_method(number)
            ]
            table: dict[str, list[tuple[Thing, ModuleNames]]] = {}
            changed = True
            while changed:  # what reads something that acts does so, too
                changed = False
                for item in tuple(waiting):
                    names, number, name = item
                    if _may_act(self.things, names, number) or self._reads_any(names, number, table):
                        table.setdefault(name, []).append((Thing("function", names.module.name, number), names))
                        waiting.remove(item)
                        changed = True
            self._tables[module] = table
        return self._tables[module]

    def _reads_any(self, names: ModuleNames, function: int, table: Collection[str]) -> bool:
        if not table:
            return False
        return any(
            read.attribute in table or any(method in table for method in read.methods)
            for scope in names.within(function)
            for read in names.syntax.reads.get(scope, ())
        )

    def _acts(self, module: str, seen: set[str]) -> bool:
        """Whether reading may do more than read anywhere in a module or below it."""
        if module in self._acting:
            return self._acting[module]
        seen.add(module)
        names = self.things.names(module)
        found = names is not None and (
            any(_may_act(self.things, names, number) for number in self._readable(names))
            or _uses_default_dict(names)
            or _has_iterators(names)
        )
        if not found:
            below = (names.module.name for names in self.things.seen_from(module))
            found = any(self._acts(other, seen) for other in below if other not in seen)
        self._acting[module] = found
        return found

    def _readable(self, names: ModuleNames) -> Iterator[int]:
        yield from names.definitions.get("__getattr__", ())
        yield from names.definitions.get("__dir__", ())
        for name, scopes in names.methods.items():
            for number in scopes:
                if name in METHODS or _is_read(self.things, Thing("function", names.module.name, number)):
                    yield number


def remembers(names: ModuleNames, function: int, binding: Binding) -> bool:
    """Whether a binding in code that runs when something is read only remembers what was read, as the next reader would.

    ``self._data = load()`` under a condition, and what a ``__getattr__`` binds under the name that it was asked for.
    """
    scope = names.facts.scopes[function]
    first = scope.parameters[0].name if scope.parameters else ""
    last = scope.parameters[-1].name if scope.parameters else ""
    target = binding.target
    if binding.kind != "assign":
        return False
    if scope.name == "__getattr__" and target[0] == "index" and target[2] == ("name", last):
        owner = target[1]
        return owner in (("call", ("name", "globals"), (), ()), ("attr", ("name", first), "__dict__"))
    if target[0] != "attr" or target[1] != ("name", first) or not names.is_method(function):
        return False
    conditional = bool({"if", "try", "handler"} & set(binding.under))
    return conditional and (scope.name in METHODS or bool(scope.decorators))


def _is_read(things: Things, method: Thing) -> bool:
    """Whether reading a method's name as an attribute may run it: a property, or what else a decorator makes of it."""
    names = things.names(method.module)
    decorators = names.facts.scopes[method.scope].decorators if names is not None else ()
    found = {(item[1] if item[0] == "call" else item)[-1] for item in decorators}
    return bool(found) and not found & _NOT_READ


def _may_act(things: Things, names: ModuleNames, function: int) -> bool:
    """Whether a function's own words may do more than read: a target, or a call that is not known to read."""
    for scope in names.within(function):
        if names.facts.scopes[scope].global_names:
            return True
        for binding in names.bindings_in.get(scope, ()):
            if binding.target[0] in ("attr", "index") and not remembers(names, function, binding):
                return True
        for call in names.calls_in.get(scope, ()):
            callee = call.func
            if callee[0] == "name" and callee[1] in known_calls.BUILTINS_THAT_READ:
                continue
            if callee[0] == "attr" and not known_calls.method_changes(callee[2]):
                continue
            found = things.of(names.module.name, scope, callee)
            if not found or any(thing.kind != "foreign" or known_calls.is_setting(thing.module) for thing in found):
                return True
    return False


def _has_iterators(names: ModuleNames) -> bool:
    """Whether a name of the module may hold an iterator: what goes through it changes it."""
    makers = {scope.name for scope in names.facts.scopes if scope.generator} | known_calls.ITERATOR_MAKERS
    tools = {bound_name(item) for item in names.facts.imports if item.module == "itertools"}
    for binding in names.facts.bindings:
        value = binding.value
        if binding.kind not in ("assign", "walrus"):
            continue
        if value[0] == "call" and (value[1][-1] in makers or root_name(value[1]) in tools):
            return True
        if value[0] == "comp" and names.is_generator_at(binding.line):
            return True
    return False


def _uses_default_dict(names: ModuleNames) -> bool:
    return any(item.module == "collections" and item.name in (None, "defaultdict") for item in names.facts.imports)
