"""A generated project of 10,000 modules and 100 MB whose import graph is like that of real code.

``python benchmarks/generated_tree.py FOLDER [MODULES [BYTES [SHARE]]]`` writes it; the same arguments give the same files. Nested packages, sizes
of modules log-normal, most imports among siblings and within a domain, a few modules that many import, cycles through lazy imports,
``TYPE_CHECKING`` blocks, optional imports, dynamic imports by names that fold, data files beside modules.

Two functions are there to analyse: ``workbench.everything:run`` reaches every module, ``workbench.few:run`` one in fifty.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # PYTHONSAFEPATH keeps Python from doing so

import generated_code

MODULES = 10_000
SIZE = 100_000_000
SHARE = 50  # one module in so many is reached from `workbench.few`
DOMAINS = (
    "foundation", "accounts", "atlas", "billing", "catalog", "climate", "delivery", "editor", "forecast", "genomics", "imaging", "inventory", "learning",
    "market", "messaging", "optics", "payments", "physics", "planning", "portal", "records", "search", "sensors", "storage", "traffic", "vision",
)  # fmt: skip


@dataclass(slots=True)
class Module:
    """One module of the plan: its dotted name, and the numbers of the modules that it imports in various ways."""

    number: int
    name: str
    is_package: bool
    domain: int
    eager: list[int] = field(default_factory=list)
    lazy: list[int] = field(default_factory=list)
    typing: list[int] = field(default_factory=list)

    @property
    def package(self) -> str:
        """The package it stands in (its own name, for a package)."""
        return self.name if self.is_package else self.name.rpartition(".")[0]

    @property
    def path(self) -> str:
        """Its file, relative to the project."""
        return self.name.replace(".", "/") + ("/__init__.py" if self.is_package else ".py")


def plan(count: int, share: int, choice: random.Random) -> list[Module]:
    """Packages and modules of every domain, and who imports whom; without the ``workbench`` package and its two modules."""
    few = count // share - 2
    rest = count - 3 - few
    modules: list[Module] = []
    domains = max(1, min(len(DOMAINS) - 1, count // 20))
    for domain, name in enumerate(DOMAINS[: domains + 1]):
        wanted = few if domain == 0 else rest // domains + (domain <= rest % domains)
        grow(modules, name, domain, wanted, choice)
    connect(modules, choice)
    return modules


def grow(modules: list[Module], name: str, domain: int, wanted: int, choice: random.Random) -> None:
    """Adds ``wanted`` modules of one domain: packages of 4 to 16 modules, nested up to four deep."""
    end = len(modules) + wanted
    packages = [name]
    used = set()
    while len(modules) < end:
        package = packages.pop(0)
        modules.append(Module(len(modules), package, is_package=True, domain=domain))
        for _ in range(choice.randint(4, 16)):
            if len(modules) < end:
                stem = f"{choice.choice(generated_code.VERBS)}_{choice.choice(generated_code.NOUNS)}"
                stem += "" if f"{package}.{stem}" not in used else f"_{len(modules)}"
                used.add(f"{package}.{stem}")
                modules.append(Module(len(modules), f"{package}.{stem}", is_package=False, domain=domain))
        children = choice.randint(2, 6) if package.count(".") < 3 else 0
        packages += [f"{package}.{child}s{n}" for n, child in enumerate(choice.sample(generated_code.NOUNS, children))]
        if not packages:
            packages.append(f"{name}.more{len(modules)}")


def connect(modules: list[Module], choice: random.Random) -> None:
    """Gives every module an importer that comes before it, and then the imports that code has beside these."""
    groups: dict[str, list[int]] = {}
    domains: dict[int, list[int]] = {}
    for module in modules:
        siblings, known = groups.setdefault(module.package, []), domains.setdefault(module.domain, [])
        parents = siblings if not module.is_package else groups.get(module.package.rpartition(".")[0], known)
        plain = [number for number in (parents or known)[-40:] if not modules[number].is_package]
        if plain and not module.is_package:
            modules[choice.choice(plain)].eager.append(module.number)
        elif known:
            candidates = plain or [number for number in known if not modules[number].is_package] or known
            modules[choice.choice(candidates)].eager.append(module.number)
        siblings.append(module.number)
        known.append(module.number)
    for module in modules:
        if module.is_package:
            continue
        siblings, domain = groups[module.package], domains[module.domain]
        for _ in range(min(14, int(choice.expovariate(0.28)))):
            kind = choice.random()
            near = (
                siblings
                if kind < 0.55
                else domain
                if kind < 0.8 or module.domain == 0
                else domains[0]
                if kind < 0.95
                else range(len(modules))
            )
            # a few modules are imported by many: the square of a uniform number prefers the first
            other = near[int(len(near) * choice.random() ** 2)]
            if other != module.number and not modules[other].is_package:
                # what comes later is imported inside functions, as people do where there would be a cycle
                (module.eager if other > module.number and choice.random() < 0.4 else module.lazy if choice.random() < 0.3 else module.typing
                 if choice.random() < 0.15 else module.eager).append(other)  # fmt: skip


def import_lines(module: Module, other: Module, choice: random.Random) -> tuple[str, str]:
    """A statement by which the one imports the other, and an expression for a function of it."""
    names = generated_code.public_names(other.number)
    function = choice.choice(names.functions)
    kind = choice.random()
    parent, _, stem = other.name.rpartition(".")
    if other.is_package or not parent:
        return f"import {other.name}", other.name + ".__name__.join"
    if module.package == parent and kind < 0.45:
        return f"from .{stem} import {names.title}, {function}", function
    if module.package == parent and kind < 0.6:
        return f"from . import {stem}", f"{stem}.{function}"
    if kind < 0.8:
        return f"from {other.name} import (\n    {names.title},\n    {function} as {function}_,\n)", f"{function}_"
    if kind < 0.9:
        return f"import {other.name} as {stem}_{other.number}", f"{stem}_{other.number}.{function}"
    return f"from {parent} import {stem}", f"{stem}.{function}"


def header(module: Module, modules: list[Module], choice: random.Random) -> tuple[str, tuple[str, ...]]:
    """Docstring, imports and constants of a module, and what its functions can call."""
    noun = module.name.rpartition(".")[2].replace("_", " ")
    lines = [f'"""How to {noun} in {module.name.partition(".")[0]}; part of `{module.package}`."""', ""]
    lines += ["from __future__ import annotations", ""] if choice.random() < 0.2 else []
    lines += sorted(
        {
            *generated_code.STANDARD[:9],
            *choice.sample(generated_code.STANDARD, 6),
            *generated_code.STANDARD[15:18],
            generated_code.STANDARD[19],
        }
    )
    lines += ["import operator", "import time", ""]
    used: list[str] = []
    for number in module.eager:
        line, expression = import_lines(module, modules[number], choice)
        lines.append(line)
        used.append(expression)
    if choice.random() < 0.08:
        lines += ["", "try:", "    import simplejson as json_", "except ImportError:", "    import json as json_"]
    if module.typing:
        lines += ["", "from typing import TYPE_CHECKING", "", "if TYPE_CHECKING:"]
        lines += [
            f"    from {modules[number].name} import {generated_code.public_names(number).title}" for number in module.typing
        ]
    lines += ["", "logger = logging.getLogger(__name__)", r'PATTERN = re.compile(r"^(?P<value>[-+]?\d+)\s*(?P<tags>[\w,]*)$")']
    if module.number % 100 == 0:
        lines.append(f'DATA = Path(__file__).with_name("{module.name.rpartition(".")[2]}.json")')
    return "\n".join(lines) + "\n", tuple(used)


def source(module: Module, modules: list[Module], size: int, choice: random.Random) -> str:
    """The text of one module of about ``size`` characters."""
    if module.is_package:
        inner = [m for m in modules[module.number + 1 : module.number + 17] if m.package == module.name and not m.is_package]
        shown = [m for m in inner if choice.random() < 0.2][:2]
        names = [generated_code.public_names(m.number).title for m in shown]
        lines = [f'"""The {module.name} package."""', ""]
        lines += [f"from .{m.name.rpartition('.')[2]} import {name}" for m, name in zip(shown, names, strict=True)]
        lines += [f"import {modules[number].name}" for number in module.eager]
        return "\n".join([*lines, "", f"__all__ = {names!r}", ""])
    head, used = header(module, modules, choice)
    tail = ""
    for position, number in enumerate(module.lazy):
        line, expression = import_lines(module, modules[number], choice)
        indented = "\n".join("    " + part for part in line.splitlines())
        tail += f"\n\ndef _late_{position}(value):\n{indented}\n\n    return {expression}(value)\n"
    if module.lazy and module.number % 40 == 0:
        tail += f'\n\ndef _named(name="{modules[module.lazy[0]].name}"):\n    import importlib\n\n    return importlib.import_module("{modules[module.lazy[0]].name}")\n'
    if module.number % 100 == 0:
        tail += "\n\ndef table():\n    with open(DATA, encoding='utf-8') as stream:\n        return json.load(stream)\n"
    return head + generated_code.body(module.number, size - len(head) - len(tail), used, choice) + tail


def write(folder: Path, count: int = MODULES, size: int = SIZE, share: int = SHARE) -> None:
    """Writes the project into a new folder."""
    choice = random.Random(f"tree {count} {size}")
    modules = plan(count, share, choice)
    weights = [0.0 if module.is_package else choice.lognormvariate(0, 0.9) for module in modules]
    unit = size / sum(weights)
    for module, weight in zip(modules, weights, strict=True):
        path = folder / module.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source(module, modules, int(weight * unit), choice), encoding="utf-8")
        if module.number % 100 == 0 and not module.is_package:
            path.with_suffix(".json").write_text('{"rows": [1, 2, 3]}\n', encoding="utf-8")
    heads: dict[str, str] = {}
    for module in modules:
        heads.setdefault(module.name.partition(".")[0], next(m.name for m in modules[module.number :] if not m.is_package))
    bench = folder / "workbench"
    bench.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "workbench"\nversion = "1"\n', encoding="utf-8")
    (bench / "__init__.py").write_text('"""Entry points."""\n', encoding="utf-8")
    for name, reached in (("everything", [*heads.values(), "workbench.few"]), ("few", [heads[DOMAINS[0]]])):
        lines = [f"import {module}" for module in reached]
        (bench / f"{name}.py").write_text(
            "\n".join([*lines, "", "", "def run():", f"    return {len(reached)}", ""]), encoding="utf-8"
        )


if __name__ == "__main__":
    write(Path(sys.argv[1]), *map(int, sys.argv[2:5]))
