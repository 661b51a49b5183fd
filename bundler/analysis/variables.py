"""Environment variables that reached code reads and that are set here: the other side has an environment of its own."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.graph import Note
from clustrix_bundle.bundler.lazy_pattern import compile_lazily

if TYPE_CHECKING:
    from collections.abc import Callable

    from clustrix_bundle.bundler.analysis.liveness import Liveness
    from clustrix_bundle.bundler.analysis.sources import Sources
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.facts.model import Expr, ModuleFacts

_EVERYWHERE = compile_lazily(
    r"PATH|HOME|USER|LOGNAME|SHELL|PWD|OLDPWD|SHLVL|_|TERM|COLORTERM|NO_COLOR|COLUMNS|LINES|DISPLAY|EDITOR|VISUAL|PAGER|HOSTNAME"
    r"|TZ|LANG|LANGUAGE|LC_\w+|TMPDIR|TMP|TEMP|XDG_\w+|SSH_\w+|\w+_proxy|\w+_PROXY"  # of every machine and session
    r"|LD_\w+|PYTHON\w*|VIRTUAL_ENV\w*|CONDA_\w+|PIP_\w+|UV_\w+"  # of an interpreter's installation
    r"|OMP_\w+|MKL_\w+|OPENBLAS_\w+|NUMEXPR_\w+|BLIS_\w+|CUDA_\w+|NVIDIA_\w+"  # of a machine's cores and devices
    r"|SLURM_\w+|SBATCH_\w+|PBS_\w+|SGE_\w+|JOB_ID|NSLOTS|CLUSTRIX_\w+"  # of a job
)
"""Variables that say something of the machine, the session or the job: there they have the values that are right there."""

_READS = frozenset({"get", "pop", "setdefault", "__getitem__"})
_WORDS = frozenset({"environ", "environb", "getenv"})


def reads_variables(name: str) -> bool:
    """Whether a module that mentions the name may read the environment."""
    return name in _WORDS


def read_variables(
    modules: Iterable[LoadedModule],
    variables: Collection[str],
    sources: Sources,
    liveness_of: Callable[[LoadedModule], Liveness],
) -> list[Note]:
    """A warning for each variable of ``variables`` that modules which ship read, at the first place in each; none where they set it."""
    asked = frozenset(name for name in variables if name.isascii() and not _EVERYWHERE.fullmatch(name))
    paths = sources.mentioning(reads_variables) if asked else frozenset()
    if paths:  # a name that is read or set stands there
        paths &= frozenset[str]().union(*(sources.holding(name.encode()) for name in asked))
    places: dict[tuple[str, str], int] = {}
    made: set[str] = set()
    for module in modules:
        if module.file in paths:
            uses = _Uses(module.facts, liveness_of(module))
            made.update(uses.set_names())
            for name, line in uses.read_names():
                if name in asked:
                    places[module.file, name] = min(line, places.get((module.file, name), line))
    return [Note(_WARNING.format(name), path, line) for (path, name), line in places.items() if name not in made]


_WARNING = (
    "the environment variable {0} is read here and set on this machine; jobs have an environment of their own, in which it may not be: "
    "name it in environment_variables of the configuration, or hand its value over as an argument"
)


class _Uses:
    """What one module does with the environment."""

    def __init__(self, facts: ModuleFacts, liveness: Liveness) -> None:
        self._facts = facts
        self._liveness = liveness
        self._systems = {item.asname or "os" for item in facts.imports if item.module == "os" and item.name is None}
        names = {item.asname or item.name: item.name for item in facts.imports if item.module == "os" and item.name}
        self._environments = {name for name, origin in names.items() if origin == "environ"}
        self._getters = {name for name, origin in names.items() if origin == "getenv"}
        self._texts: dict[str, set[str]] = {}
        for binding in facts.bindings:
            if binding.target[0] == "name":
                value = binding.value[1] if binding.value[0] == "str" and binding.kind == "assign" else ""
                self._texts.setdefault(binding.target[1], set()).add(value)

    def read_names(self) -> Iterator[tuple[str, int]]:
        """Variables that it reads, with the lines."""
        for call in self._facts.calls:
            if self._liveness.alive(call):
                if self._reads(call.func) and call.args:
                    yield from ((name, call.line) for name in self._text(call.args[0]))
                yield from self._indexed((call.func, call.args, call.keywords), call.line)
        for binding in self._facts.bindings:
            if self._liveness.alive(binding):
                yield from self._indexed((binding.value,), binding.line)

    def set_names(self) -> Iterator[str]:
        """Variables that it sets itself."""
        for binding in self._facts.bindings:
            if binding.target[0] == "index" and self._is_environment(binding.target[1]) and self._liveness.alive(binding):
                yield from self._text(binding.target[2])
        for call in self._facts.calls:
            is_update = call.func[0] == "attr" and call.func[2] == "update" and self._is_environment(call.func[1])
            if is_update and self._liveness.alive(call):
                yield from (name for name, _ in call.keywords if name)
                for argument in call.args:
                    if argument[0] == "dict":
                        yield from (key[1] for key, _ in argument[1] if key is not None and key[0] == "str")

    def _indexed(self, parts: tuple[Expr, ...], line: int) -> Iterator[tuple[str, int]]:
        pending: list[Expr] = list(parts)
        while pending:
            part = pending.pop()
            if len(part) == 4 and part[0] == "call" and part[1][0] in ("name", "attr"):
                continue  # a call fact of its own, which is looked at there
            if len(part) == 3 and part[0] == "index" and self._is_environment(part[1]):
                yield from ((name, line) for name in self._text(part[2]))
            pending += [inner for inner in part if isinstance(inner, tuple)]

    def _text(self, expression: Expr) -> Iterator[str]:
        if expression[0] == "str":
            yield expression[1]
        elif expression[0] == "name" and len(texts := self._texts.get(expression[1], set())) == 1:
            yield from texts

    def _reads(self, callee: Expr) -> bool:
        if callee[0] == "name":
            return callee[1] in self._getters
        if callee[0] != "attr":
            return False
        owner, name = callee[1], callee[2]
        return (name in _READS and self._is_environment(owner)) or (name == "getenv" and self._is_system(owner))

    def _is_system(self, expression: Expr) -> bool:
        return expression[0] == "name" and expression[1] in self._systems

    def _is_environment(self, expression: Expr) -> bool:
        if expression[0] == "name":
            return expression[1] in self._environments
        return expression[0] == "attr" and expression[2] == "environ" and self._is_system(expression[1])
