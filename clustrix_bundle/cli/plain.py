"""Commands and options as values, and plain command lines, which are read without `click`.

Loading `click` takes as long as analysing a small project. A line that has nothing but the command's argument and options, each spelled in full and
its value in the next word, says the same to whoever reads it. All others are left to `click` (`clustrix_bundle.cli.group`): those that ask for
help, that may be mistaken, and that have a value to be checked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from clustrix_bundle.bundler.lazy_dataclass import dataclass


@dataclass(frozen=True)
class Option:
    """An option of a command.

    Attributes:
        names: As people type it, such as ``-o`` and ``--output``.
        parameter: Of the command's function.
        help: What it does.
        metavar: What its value is; empty for a flag.
        repeated: Whether it may be given several times; then the parameter gets a tuple of all values.
        choices: The values that it can have; any where there are none.
        is_folder: Whether its value must be a folder that is there.
        is_involved: Whether what the command makes of it can be wrong usage.
    """

    names: tuple[str, ...]
    parameter: str
    help: str
    metavar: str = ""
    repeated: bool = False
    choices: tuple[str, ...] = ()
    is_folder: bool = False
    is_involved: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether a plain line may have it."""
        return not (self.choices or self.is_folder or self.is_involved)

    @property
    def default(self) -> Any:
        """What the parameter is where the option is not given."""
        return () if self.repeated else None if self.metavar or self.choices else False


JSON_OPTION = Option(("--json",), "as_json", "Print one JSON object on standard output, nothing else.")

PROJECT_OPTIONS = (
    Option(("--root",), "root", "Project root, if it is not the one found.", "DIR", is_folder=True),
    Option(("--python",), "python", "The Python whose packages count: an executable or an environment.", "EXE"),
    Option(("--include",), "include", "Ship these files of the project too; repeatable.", "GLOB", repeated=True),
    Option(("--exclude",), "exclude", "Never ship these files of the project; repeatable.", "GLOB", repeated=True),
    Option(("--dynamic",), "dynamic", "What to do about imports that stay open.", choices=("widen", "warn", "error")),
    Option(("--max-file-size",), "max_file_size", 'Largest file that ships, such as "200 MB".', "SIZE"),
)
"""What bounds an analysis: the parameters of `clustrix_bundle.build.BuildOptions`."""


@dataclass(frozen=True)
class Command:
    """A command that takes one argument and options.

    Attributes:
        name: As people type it.
        argument: The parameter that gets its argument.
        options: In the order in which help shows them.
        run: Does its work; the exit code. Its docstring is the help.
    """

    name: str
    argument: str
    options: tuple[Option, ...]
    run: Callable[..., int]

    def read_plain(self, words: Sequence[str]) -> dict[str, Any] | None:
        """The parameters of `run` that the words after the command's name give, as `click` has them; None for a line that is not plain."""
        named = {name: option for option in self.options if option.is_plain for name in option.names}
        given: dict[str, Any] = {}
        rest = iter(words)
        for word in rest:
            option = named.get(word)
            if option is not None and not option.metavar:
                given[option.parameter] = True
                continue
            parameter = self.argument if option is None else option.parameter
            value = word if option is None else next(rest, "")
            if not value or value.startswith("-"):
                return None
            if option is not None and option.repeated:
                given[parameter] = (*given.get(parameter, ()), value)
            elif parameter in given:
                return None
            else:
                given[parameter] = value
        if self.argument not in given:
            return None
        return {option.parameter: option.default for option in self.options} | given
