"""Statements that change where Python looks for modules: what they add folds, or the search path is open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.facts.model import HOOK_CHANGES, HOOKS

if TYPE_CHECKING:
    from clustrix_bundle.bundler.facts.model import Expr, ModuleFacts


def search_path_lines(facts: ModuleFacts) -> set[int]:
    """Lines that add to ``sys.path``, or put finders or modules in place (``sys.meta_path``, ``sys.modules``, ``site.addsitedir``)."""
    systems = {"sys", "_sys"} | {
        item.asname for item in facts.imports if item.module == "sys" and item.name is None and item.asname
    }
    own = {item.asname or str(item.name) for item in facts.imports if item.module == "sys" and item.name in HOOKS}
    own |= {
        binding.target[1] for binding in facts.bindings if binding.target[0] == "name" and _is_hook(binding.value, systems, own)
    }
    lines: set[int] = set()
    for call in facts.calls:
        func = call.func
        if (func[0] == "attr" and func[2] in HOOK_CHANGES and _is_hook(func[1], systems, own)) or func[-1] == "addsitedir":
            lines.add(call.line)
    for binding in facts.bindings:
        changed = binding.target
        while changed[0] == "index":
            changed = changed[1]
        renames = binding.target[0] == "name" and binding.kind != "aug"  # binding a name to sys.path changes nothing yet
        if not renames and _is_hook(changed, systems, own):
            lines.add(binding.line)
    return lines


def _is_hook(value: Expr, systems: set[str], own: set[str]) -> bool:
    """Whether an expression is ``sys.path`` or one of its kind, or a name that stands for it."""
    if value[0] == "attr":
        return bool(value[2] in HOOKS and value[1][0] == "name" and value[1][1] in systems)
    return bool(value[0] == "name" and value[1] in own)
