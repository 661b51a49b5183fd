"""Parameters of local functions: what the call sites in reached modules give them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.folding import modules
from clustrix_bundle.bundler.folding.arguments import Arguments, bind, unknown_arguments
from clustrix_bundle.bundler.folding.callers import MAX_SITES, Site
from clustrix_bundle.bundler.folding.expressions import last_name, root_name
from clustrix_bundle.bundler.folding.place import Place
from clustrix_bundle.bundler.folding.value import (
    OPEN,
    UNKNOWN,
    UNKNOWN_ENTRY,
    Alternatives,
    Class,
    External,
    Function,
    Instance,
    Mapping,
    Sequence,
    Text,
    Unknown,
    Value,
    distinct,
    items_of,
    literal,
)

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Parameter, Scope
    from clustrix_bundle.bundler.folding.fold import Folder
    from clustrix_bundle.bundler.folding.names import ModuleNames


class Parameters:
    """Values of parameters where no single call is followed: the union over all call sites, open where there may be others."""

    def __init__(self, folder: Folder) -> None:
        self.folder = folder

    def value(self, names: ModuleNames, scope: int, parameter: Parameter) -> Alternatives:
        definition = names.scope(scope)
        owner = names.class_of(scope)
        decorators = {last_name(one) for one in definition.decorators}
        first = definition.parameters[0].name == parameter.name
        if owner is not None and first and "staticmethod" not in decorators and parameter.kind in ("positional", "either"):
            of_class = "classmethod" in decorators or definition.name in ("__new__", "__init_subclass__", "__class_getitem__")
            return (Class(names.module.name, owner),) if of_class else (Instance(names.module.name, owner),)
        self.folder.memory.asked += 1
        key = (names.module.name, scope, parameter.name)
        return self.folder.memory.once(key, names, lambda: self._from_callers(names, scope, parameter), OPEN)

    def _from_callers(self, names: ModuleNames, scope: int, parameter: Parameter) -> Alternatives:
        definition = names.scope(scope)
        default: Alternatives = ()
        if parameter.default is not None:
            default = self.folder.fold(parameter.default, Place(names.module.name, definition.parent, definition.line))
        if self._is_entry(names, scope):
            unknown: Alternatives = (UNKNOWN_ENTRY,)
            if parameter.kind in ("star", "dstar"):
                unknown = (Sequence((), unknown) if parameter.kind == "star" else Mapping((), unknown),)
            return distinct([*default, *unknown, *self._given(names, scope, parameter)[0]])
        if definition.kind == "lambda":
            return distinct([*default, UNKNOWN])
        given, complete = self._given(names, scope, parameter)
        if not complete:
            empty: Value = (
                Sequence((), OPEN) if parameter.kind == "star" else Mapping((), OPEN) if parameter.kind == "dstar" else UNKNOWN
            )
            return distinct([*default, *given, empty])
        return distinct([*default, *given]) or OPEN

    def _is_entry(self, names: ModuleNames, scope: int) -> bool:
        module, qualname = self.folder.world.entry
        if not qualname or module != names.module.name:
            return False
        parts = [names.scope(scope).name]
        parent = names.scope(scope).parent
        while parent > 0:
            parts.append(names.scope(parent).name)
            parent = names.scope(parent).parent
        return ".".join(reversed(parts)) == qualname.replace(".<locals>", "")

    def _given(self, names: ModuleNames, scope: int, parameter: Parameter) -> tuple[Alternatives, bool]:
        """What call sites give the parameter, and whether they are all there are."""
        definition = names.scope(scope)
        owner = names.class_of(scope)
        name = definition.name
        if owner is not None and name in ("__init__", "__new__", "__call__", "__post_init__"):
            name = names.scope(owner).name if name in ("__init__", "__new__") else name
        if name == "__getattr__" and owner is None:
            return self._asked_of(names)
        sites = self._sites(name, names, scope, owner)
        passed = self.folder.callers.passed(name)
        complete = (
            0 < len(sites) + len(passed) <= MAX_SITES
            and not self.folder.callers.is_read(name)
            and not self._registered(definition, owner, names)
        )
        found: list[Value] = []
        for site, bound in self._callers(sites[:MAX_SITES], names, scope, owner):
            found.extend(bind(self.site_arguments(site), definition.parameters, bound=bound).get(parameter.name, ()))
        static = "staticmethod" in {last_name(one) for one in definition.decorators}
        for site in passed[:MAX_SITES]:
            given = self._passed_values(site, name, definition, bound=owner is not None and not static)
            found.extend(given.get(parameter.name, ()))
        return distinct(found), complete

    def _callers(self, sites: list[Site], names: ModuleNames, scope: int, owner: int | None) -> list[tuple[Site, bool]]:
        """Those of the sites that can call the function, each with whether its first parameter is taken."""

        def compute() -> list[tuple[Site, bool]]:
            self.folder.memory.asked += 1
            judged = [(site, *self._calls(site, names, scope, owner)) for site in sites]
            return [(site, bound) for site, possible, bound in judged if possible]

        nobody: list[tuple[Site, bool]] = []
        return self.folder.memory.once((names.module.name, scope, "callers"), names, compute, nobody)

    def _sites(self, name: str, names: ModuleNames, scope: int, owner: int | None) -> list[Site]:
        callers = self.folder.callers
        sites = list(callers.calls(name))
        if owner is not None and names.scope(scope).name in ("__init__", "__new__"):
            sites += callers.calls("__init__")
            for other, index in self._subclasses(names, owner):
                sites += callers.calls(other.scope(index).name)
            sites += [site for site in callers.of(names).calls("cls") if site.call.func == ("name", "cls")]
        return sites

    def _subclasses(self, names: ModuleNames, owner: int) -> list[tuple[ModuleNames, int]]:
        """Classes that are made by the constructor of one, because they have none of their own."""
        return [
            (other, index)
            for other, index in self.folder.subclasses.naming(names.scope(owner).name)
            if not other.children_named(index, "__init__")
        ]

    def _registered(self, definition: Scope, owner: int | None, names: ModuleNames) -> bool:
        """Whether somebody unseen may call it: decorators that may keep it, special methods, overridden methods of foreign classes."""
        harmless = {
            "staticmethod", "classmethod", "property", "cached_property", "lru_cache", "cache", "contextmanager", "wraps", "cluster", "abstractmethod",
            "overload", "override", "final", "singledispatch", "jit", "njit", "no_type_check", "deprecated", "memoize", "retry", "timed", "timeit",
        }  # fmt: skip
        if {last_name(one[1] if one[0] == "call" else one) for one in definition.decorators} - harmless:
            return True
        if owner is None:
            return False
        special = definition.name.startswith("__") and definition.name not in ("__init__", "__new__")
        return special or any(
            isinstance(base, External) and not base.name.startswith(("builtins.object", "abc.", "typing.", "enum."))
            for base in self.folder.attributes.bases(Class(names.module.name, owner))
        )

    def _calls(self, site: Site, names: ModuleNames, scope: int, owner: int | None) -> tuple[bool, bool]:
        """Whether the call can mean this function, and whether its first parameter is taken."""
        module = names.module.name
        static = "staticmethod" in {last_name(one) for one in names.scope(scope).decorators}
        if owner is not None and names.scope(scope).name in ("__init__", "__new__") and last_name(site.call.func) != "__init__":
            made = self._callee(site)
            return any(
                isinstance(one, Unknown) or (isinstance(one, Class) and self._is_subclass(one, module, owner)) for one in made
            ), True
        if not _may_call(site, of_class=owner is not None):
            return False, False
        values = self._callee(site)
        for value in values:
            if isinstance(value, Function) and value.module == module and value.scope == scope:
                return True, value.bound or (owner is not None and not static and self._through_instance(site))
        possible = owner is not None and any(isinstance(value, Unknown) for value in values)
        return possible, not static

    def _is_subclass(self, one: Class, module: str, scope: int) -> bool:
        pending, seen = [one], set[Class]()
        while pending:
            current = pending.pop()
            if current.module == module and current.scope == scope:
                return True
            if current not in seen:
                seen.add(current)
                pending.extend(base for base in self.folder.attributes.bases(current) if isinstance(base, Class))
        return False

    def _through_instance(self, site: Site) -> bool:
        """``C.method(x, …)`` leaves the first parameter open, ``C.classmethod(…)`` and ``self.method(…)`` do not."""
        if site.call.func[0] != "attr":
            return False
        return any(isinstance(one, (Instance, Unknown)) for one in self.folder.fold(site.call.func[1], _place(site)))

    def site_arguments(self, site: Site) -> Arguments:
        key = (site.names.module.name, id(site.call), "arguments")
        unknown = unknown_arguments()
        return self.folder.memory.once(
            key, site.call, lambda: self.folder.calls.arguments(site.call.args, site.call.keywords, _place(site)), unknown
        )

    def _passed_values(self, site: Site, name: str, definition: Scope, *, bound: bool) -> dict[str, Alternatives]:
        """What ``pool.map(f, xs)``, ``submit(f, x)``, ``Thread(target=f, args=…)``, ``partial(f, x)`` give the parameters of f."""
        passing = last_name(site.call.func)
        arguments = self.site_arguments(site)
        position = next((index for index, arg in enumerate(site.call.args) if last_name(arg) == name), None)
        after = arguments.positional[position + 1 :] if position is not None else arguments.positional
        if "map" in passing or passing == "filter":
            items = [distinct(item for value in group for item in items_of(value)) or OPEN for group in after]
            if passing.startswith("starmap"):
                rows = items[0] if items else OPEN
                columns = max((len(row.items) for row in rows if isinstance(row, Sequence)), default=0)
                items = [
                    distinct(
                        one for row in rows if isinstance(row, Sequence) and index < len(row.items) for one in row.items[index]
                    )
                    for index in range(columns)
                ]
            elif passing != "map":
                items = items[:1]
            return bind(Arguments(items), definition.parameters, bound=bound)
        if passing in ("submit", "partial", "run_in_executor", "to_thread"):
            made = bind(
                Arguments(after, arguments.more, arguments.keywords, arguments.open_keywords), definition.parameters, bound=bound
            )
            return (
                made
                if passing != "partial"
                else {**{one.name: OPEN for one in definition.parameters if one.default is None}, **made}
            )
        given = arguments.get(None, "args") or (after[0] if after and passing.startswith("apply") else ())
        named = arguments.get(None, "kwargs", "kwds") or (after[1] if len(after) > 1 and passing.startswith("apply") else ())
        positional = [one for one in given if isinstance(one, Sequence)]
        keywords = {
            key.constant: values
            for one in named
            if isinstance(one, Mapping)
            for keys, values in one.items
            for key in keys
            if isinstance(key, Text) and key.constant
        }
        first = positional[0] if positional else Sequence()
        return bind(Arguments(list(first.items), first.more, keywords), definition.parameters, bound=bound)

    def _asked_of(self, names: ModuleNames) -> tuple[Alternatives, bool]:
        """Names that reached code asks of a module with a ``__getattr__`` of its own."""
        found: dict[str, None] = {}
        complete = True
        own = names.module.name
        for other in self.folder.importers(own):
            aliases: set[str] = set()
            for item in other.module.facts.imports:
                origin = modules.absolute(item, other.module)
                if origin == own and item.name == "*":
                    complete = False
                elif origin == own and item.name is not None:
                    found.setdefault(item.name)
                elif origin == own and item.name is None:
                    aliases.add(item.asname or own)
                elif item.name is not None and f"{origin}.{item.name}" == own:
                    aliases.add(item.asname or item.name)
            if aliases:
                for name in modules.attributes_of(other.module, aliases):
                    found.setdefault(name)
        lazy = [name for name in found if not names.definitions(0, name)]
        return tuple(literal(name) for name in lazy), complete and bool(lazy)

    def _callee(self, site: Site) -> Alternatives:
        key = (site.names.module.name, id(site.call), "callee")
        return self.folder.memory.once(key, site.call, lambda: self.folder.fold(site.call.func, _place(site)), OPEN)


def _may_call(site: Site, *, of_class: bool) -> bool:
    """Whether the shape of a call allows it to mean a method (an attribute), or a function (a name, or an attribute of an import)."""
    func = site.call.func
    if of_class:
        return func[0] == "attr" or (func[0] == "name" and site.names.is_renamed(func[1]))
    return func[0] == "name" or root_name(func) in site.names.imported


def _place(site: Site) -> Place:
    return Place(site.names.module.name, site.call.scope, site.call.line, "loop" in site.call.under)
