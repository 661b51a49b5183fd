"""Instances of the user's own classes, where pickle alone would lose something of them or make them only half."""

from __future__ import annotations

import copyreg
import functools
from typing import TYPE_CHECKING, Any

from clustrix_bundle.bundler.capture.definition_state import is_own_class
from clustrix_bundle.bundler.capture.held import holds_attributes_alone
from clustrix_bundle.runtime.whole_pickle import PROTOCOL, is_made_bare, lacks_attributes, reduced_bare

if TYPE_CHECKING:
    from clustrix_bundle.bundler.capture.pickling import StatePickler


def reduced_instance(pickler: StatePickler, obj: Any) -> Any:
    """How an instance of an own class is taken apart; NotImplemented where pickle's own way does it.

    A ``__reduce__`` that gives a name is asked here, so that what the name leads to travels. Attributes that a builtin base forgets
    (``defaultdict``, ``Counter``, ``datetime``, an array) are filled in later, and all of an instance that pickle would ask for its
    ``__setstate__`` through a ``__getattr__`` that leans on them; an exception is made without its ``__init__``, which rarely takes ``args``.
    """
    kind: Any = type(obj)
    if _has_own_getattr(kind):
        pickler.fills.append((obj, {"instance": dict(vars(obj))}))
        return copyreg.__newobj__, (kind,)  # type: ignore[attr-defined]
    if not _is_asked(kind):
        return NotImplemented
    reduced = obj.__reduce_ex__(PROTOCOL)
    if isinstance(reduced, str):
        pickler.note_module(getattr(obj, "__module__", None) or "__main__", reduced)
        return reduced
    if is_made_bare(kind):
        reduced = reduced_bare(obj, reduced)
    elif lacks_attributes(obj, reduced):
        pickler.fills.append((obj, {"instance": dict(vars(obj))}))
    return reduced


@functools.lru_cache(maxsize=4096)
def _is_asked(kind: Any) -> bool:
    if not is_own_class(kind) or kind in copyreg.dispatch_table:
        return False
    return not (kind.__reduce_ex__ is object.__reduce_ex__ and kind.__reduce__ is object.__reduce__)


@functools.lru_cache(maxsize=4096)
def _has_own_getattr(kind: Any) -> bool:
    if not hasattr(kind, "__getattr__") or not is_own_class(kind) or kind in copyreg.dispatch_table:
        return False
    makers = ("__setstate__", "__getnewargs__", "__getnewargs_ex__")
    return kind.__dictoffset__ != 0 and holds_attributes_alone(kind) and not any(hasattr(kind, name) for name in makers)
