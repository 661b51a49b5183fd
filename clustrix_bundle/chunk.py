"""The calls of a task that makes several, as they came home: one by one, whatever became of the others (``runtime/chunk.py``)."""

from __future__ import annotations

import io
import json
import pickle
import tempfile
from collections.abc import Iterator, Mapping
from typing import IO, TYPE_CHECKING, Any

from clustrix_bundle.bundler.lazy_dataclass import dataclass, field
from clustrix_bundle.errors import RemoteError
from clustrix_bundle.remote_failure import RemoteUnpickler, raisable, told_shortly
from clustrix_bundle.results import IN_MEMORY, fetch_verified

if TYPE_CHECKING:
    from clustrix_bundle.agent.place import Place
    from clustrix_bundle.remote_failure import Captured


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """How one call ended.

    Attributes:
        ok: Whether it came back.
        outcome: The text of its own outcome (``docs/runtime.md``), open at its end.
        content: Its pickled result, or its failure file.
        captured: As for `RemoteUnpickler`.
    """

    ok: bool
    outcome: str = field(repr=False)
    content: bytes = field(repr=False)
    captured: Captured | None = field(default=None, repr=False)

    def result(self) -> Any:
        """What it gave.

        Raises:
            Exception: What it raised, or `RemoteError`.
        """
        stored = io.BytesIO(self.content)
        if not self.ok:
            told = json.loads(self.outcome + "}")["error"]
            raise (
                raisable(told, stored, self.captured)
                if self.content
                else RemoteError(told["type"], told["message"], told["traceback"])
            )
        try:
            return RemoteUnpickler(stored, self.captured).load()
        except Exception as error:
            raise RemoteError("ResultNotReadable", f"the result cannot be read back here: {told_shortly(error)}") from error


def fetch_calls(
    place: Place, job: str, task: int, outcome: Mapping[str, Any] | None, captured: Captured | None = None
) -> list[CallOutcome]:
    """The calls of a task that have ended; none where its outcome tells of none.

    Raises:
        RemoteError: They are not what the task wrote.
    """
    if not outcome or "calls" not in outcome.get("files", ()):
        return []
    with tempfile.SpooledTemporaryFile(IN_MEMORY) as stored:
        fetch_verified(place, job, task, "calls", outcome=outcome, into=stored)
        return [CallOutcome(ok, text, content, captured) for ok, text, content in _rows(stored)]


def _rows(stored: IO[bytes]) -> Iterator[tuple[bool, str, bytes]]:
    while True:
        try:
            yield pickle.load(stored)  # noqa: S301 - as any result: from a folder that is ours, of the size and digest that were told
        except EOFError:
            return
        except pickle.UnpicklingError:  # the process died while it wrote this one
            return


class _Nested:
    """Pickles as what a pickle holds."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def __reduce__(self) -> tuple[Any, ...]:
        return pickle.loads, (self._content,)


def dump_results(calls: list[CallOutcome], out: IO[bytes]) -> None:
    """Write a pickle of the list of their results, which need not be readable here."""
    pickle.dump([_Nested(call.content) for call in calls], out, 4)
