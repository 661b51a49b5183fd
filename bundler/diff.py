"""What moved the id: the inputs in which two manifests differ."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.lazy_dataclass import dataclass

if TYPE_CHECKING:
    from clustrix_bundle.bundler.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Difference:
    """One input that differs.

    Attributes:
        section: Key of the manifest.
        name: Which of the section: a member's path, a distribution; empty where the section is one value.
        before: What the first manifest says, as plain values; None where it says nothing.
        after: The same of the second.
    """

    section: str
    name: str
    before: Any
    after: Any

    @property
    def change(self) -> str:
        """added, removed or changed."""
        return "added" if self.before is None else "removed" if self.after is None else "changed"


def diff_manifests(first: Manifest, second: Manifest) -> list[Difference]:
    """Every difference, sections in the order of the written form, names sorted; empty exactly if the ids are equal."""
    before, after = first.to_json(), second.to_json()
    found: list[Difference] = []
    for section in dict.fromkeys((*before, *after)):
        left, right = before.get(section), after.get(section)
        name_of = _NAMED.get(section)
        if name_of is None:
            if left != right:
                found.append(Difference(section, "", left, right))
            continue
        rows, other = _by_name(left, name_of), _by_name(right, name_of)
        pairs = ((name, rows.get(name), other.get(name)) for name in sorted(rows.keys() | other.keys()))
        found += [Difference(section, name, one, two) for name, one, two in pairs if one != two]
    return found


_NAMED: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "members": lambda row: str(row["path"]),
    "requirements": lambda row: str(row["name"]),
    "values": lambda row: f"{row['name']} ({row['member']})",
    "filesystem_calls": lambda row: f"{row['member']}:{row['line']} {row['function']}",
}


def _by_name(rows: Any, name_of: Callable[[Mapping[str, Any]], str]) -> dict[str, Any]:
    """Rows by name; several of one name together, as a list."""
    named: dict[str, list[Any]] = {}
    for row in rows:
        named.setdefault(name_of(row), []).append(row)
    return {name: same[0] if len(same) == 1 else same for name, same in named.items()}
