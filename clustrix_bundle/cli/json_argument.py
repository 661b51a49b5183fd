"""Arguments of a function as the command line takes them: ``JSON`` or ``@FILE``."""

from __future__ import annotations

import json
from typing import Any

import click

_EXAMPLES: dict[type, str] = {list: "a JSON array, such as '[1, \"x\"]'", dict: "a JSON object, such as '{\"n\": 1}'"}


def parse_json_argument(option: str, text: str | None, *kinds: type) -> Any:
    """The value of ``text``, which is JSON or names a file that holds it; None for None.

    Raises:
        click.BadParameter: Not JSON, none of the kinds (list, dict), or a file that cannot be read.
    """
    return None if text is None else read_json_argument(option, text, *kinds)[1]


def read_json_argument(option: str, text: str, *kinds: type) -> tuple[str, Any]:
    """The JSON text, read once as a pipe gives it, and its value.

    Raises:
        click.BadParameter: As `parse_json_argument` does.
    """
    where = ""
    if text.startswith("@"):
        where = f" in {text[1:]}"
        text = _content(option, text[1:])
    what = " or ".join(_EXAMPLES[kind] for kind in kinds)
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"not JSON{where} ({error}); give {what}", param_hint=option) from error
    if not isinstance(value, kinds):
        raise click.BadParameter(f"should be {what}{where}", param_hint=option)
    return text, value


def _content(option: str, path: str) -> str:
    try:
        with open(path, "rb") as file:
            data = file.read()
        return data.decode(json.detect_encoding(data))
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be read: {error.strerror}", param_hint=option) from error
    except UnicodeDecodeError as error:
        raise click.BadParameter(f"{path} is no text: {error}", param_hint=option) from error
