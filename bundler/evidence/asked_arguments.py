"""The arguments of a call as a rule asks for them: only those that it looks at are folded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.facts.model import Call, Expr
    from clustrix_bundle.bundler.folding.arguments import Arguments
    from clustrix_bundle.bundler.folding.fold import Folder
    from clustrix_bundle.bundler.folding.value import Alternatives

_CUT = 2_048
"""Of so many arguments the facts do not hold those that follow."""


class AskedArguments:
    """The arguments of one call; each is a question of its own, asked when it is first wanted.

    What ``*args`` and ``**kwargs`` give has no certain place: such a call is folded as a whole.
    """

    def __init__(self, folder: Folder, call: Call, module: LoadedModule) -> None:
        self._folder = folder
        self._call = call
        self._module = module
        self._place = folder.place(module, call)
        self._named: dict[str, Expr] = {name: value for name, value in call.keywords if name is not None}
        spread = len(self._named) < len(call.keywords) or any(one[0] == "star" for one in call.args) or len(call.args) >= _CUT
        self._whole: Arguments | None = folder.arguments_of(call, module) if spread else None

    def get(self, position: int | None, *names: str) -> Alternatives | None:
        """As `Arguments.get`."""
        if self._whole is not None:
            return self._whole.get(position, *names)
        for name in names:
            if name in self._named:
                return self._folder.evaluate(self._named[name], self._place)
        if position is not None and position < len(self._call.args):
            return self._folder.evaluate(self._call.args[position], self._place)
        return None

    def named(self, name: str) -> Alternatives | None:
        """What is given under a name; None if nothing surely is."""
        if self._whole is not None:
            return self._whole.keywords.get(name)
        value = self._named.get(name)
        return None if value is None else self._folder.evaluate(value, self._place)

    def all(self) -> Arguments:
        """All of them."""
        if self._whole is None:
            self._whole = self._folder.arguments_of(self._call, self._module)
        return self._whole
