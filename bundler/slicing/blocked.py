"""Demands that cannot be met: what is read depends on a statement that never travels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.errors import AnalysisError
from clustrix_bundle.bundler.slicing.call_expressions import in_words

if TYPE_CHECKING:
    from clustrix_bundle.bundler.slicing.script import Script


class BlockedError(Exception):
    """A demand leads to a statement that is never kept."""

    def __init__(self, name: str, statement: int, user: str) -> None:
        super().__init__(name, statement, user)
        self.name = name
        self.statement = statement
        self.user = user


def error_of(blocked: BlockedError, script: Script, path: str) -> AnalysisError:
    """What the user is told of it: file, line, cause and remedy."""
    statement = script.statements[blocked.statement]
    what = f"`{blocked.name}`"
    decorators = script.decorators(blocked.statement)
    if blocked.name == "_" and decorators:  # @show.register
        what = f"the function that `@{in_words(decorators[0])}` registers here"
    why = script.never.get(blocked.statement, "never travels")
    user = "" if blocked.user in ("the entry point", "the function") else f", which {blocked.user} needs,"
    if "main guard" in why:
        message = (
            f'{what}{user} is set only under `if __name__ == "__main__":`, which does not run on the other side; '
            "move the statement above the guard, or pass the value as an argument"
        )
    else:
        message = (
            f"{what}{user} depends on this statement, which {why} and so never runs on the other side; "
            "pass the value as an argument, or make it in a statement of its own"
        )
    return AnalysisError(message, path, statement.line)
