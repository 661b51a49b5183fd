"""Environment variables that reached code reads and that are set here: the other side has an environment of its own."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from clustrix_bundle.bundler.graph import Note

if TYPE_CHECKING:
    from collections.abc import Callable

    from clustrix_bundle.bundler.analysis.liveness import Liveness
    from clustrix_bundle.bundler.analysis.sources import Sources
    from clustrix_bundle.bundler.analysis.variable_uses import Handed
    from clustrix_bundle.bundler.analysis.world import LoadedModule

_EVERYWHERE = frozenset({
    "PATH", "HOME", "USER", "LOGNAME", "SHELL", "PWD", "OLDPWD", "SHLVL", "_", "TERM", "COLORTERM", "NO_COLOR", "COLUMNS", "LINES", "DISPLAY",
    "EDITOR", "VISUAL", "PAGER", "HOSTNAME", "TZ", "LANG", "LANGUAGE", "TMPDIR", "TMP", "TEMP",  # of every machine and session
    "JOB_ID", "NSLOTS",  # of a job
})  # fmt: skip
_FAMILIES = (
    "LC_", "XDG_", "SSH_",  # of a session
    "LD_", "PYTHON", "VIRTUAL_ENV", "CONDA_", "PIP_", "UV_",  # of an interpreter's installation
    "OMP_", "MKL_", "OPENBLAS_", "NUMEXPR_", "BLIS_", "CUDA_", "NVIDIA_",  # of a machine's cores and devices
    "SLURM_", "SBATCH_", "PBS_", "SGE_", "CLUSTRIX_",  # of a job
)  # fmt: skip

_WORDS = frozenset({"environ", "environb", "getenv"})


def _is_everywhere(name: str) -> bool:
    """Whether a variable says something of the machine, the session or the job: there it has the value that is right there."""
    return name in _EVERYWHERE or name.startswith(_FAMILIES) or name.endswith(("_proxy", "_PROXY"))


def read_variables(
    modules: Iterable[LoadedModule],
    variables: Collection[str],
    sources: Sources,
    liveness_of: Callable[[LoadedModule], Liveness],
) -> list[Note]:
    """A warning for each variable of ``variables`` that modules which ship read, at the first place in each; none where they set it."""
    asked = frozenset(name for name in variables if name.isascii() and not _is_everywhere(name))
    at_environment = frozenset(sources.mentioning_any(_WORDS)) if asked else frozenset[str]()
    if not at_environment:
        return []
    holding = sources.holding_any(name.encode() for name in asked)
    modules = list(modules)
    naming = [module for module in modules if module.file in holding and _names_one(module.source, asked)]
    if not naming:
        return []
    from clustrix_bundle.bundler.analysis.variable_uses import VariableUses  # noqa: PLC0415 - where a variable is named

    handed = _handed_on(modules, naming, at_environment, sources, liveness_of)
    places: dict[tuple[str, str], int] = {}
    made: set[str] = set()
    for module in naming:
        if handed or module.file in at_environment:
            uses = VariableUses(module, liveness_of(module), handed)
            made.update(uses.set_names())
            for name, line in uses.read_names(asked):
                places[module.file, name] = min(line, places.get((module.file, name), line))
    return [Note(_WARNING.format(name), path, line) for (path, name), line in places.items() if name not in made]


def _names_one(source: bytes, variables: Collection[str]) -> bool:
    """Whether one of the variables stands in a source as a whole literal or as a keyword."""
    names = [re.escape(name.encode()) for name in variables if name.encode() in source]
    return any(re.search(rb"""["']%b["']|\b%b\s*=""" % (name, name), source) for name in names)


def _handed_on(
    modules: Iterable[LoadedModule],
    naming: Iterable[LoadedModule],
    at_environment: frozenset[str],
    sources: Sources,
    liveness_of: Callable[[LoadedModule], Liveness],
) -> set[Handed]:
    """Functions of the modules which name variables that may be called with the environment as an argument."""
    from clustrix_bundle.bundler.analysis.variable_uses import VariableUses  # noqa: PLC0415

    functions = frozenset[str]().union(*(module.facts.defines for module in naming))
    callers = at_environment.intersection(*[{file for name in functions for file in sources.calling(name)}])
    found: set[Handed] = set()
    for module in modules:
        if module.file in callers:
            found.update(VariableUses(module, liveness_of(module)).handed_on())
    return found


_WARNING = (
    "the environment variable {0} is read here and set on this machine; jobs have an environment of their own, in which it may not be: "
    "name it in environment_variables of the configuration, or hand its value over as an argument"
)
