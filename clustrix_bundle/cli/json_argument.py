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
    if text is None:
        return None
    where = ""
    data: str | bytes = text
    if text.startswith("@"):
        where = f" in {text[1:]}"
        try:
            with open(text[1:], "rb") as file:
                data = file.read()
        except OSError as error:
            raise click.BadParameter(f"{text[1:]} cannot be read: {error.strerror}", param_hint=option) from error
    what = " or ".join(_EXAMPLES[kind] for kind in kinds)
    try:
        value = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise click.BadParameter(f"not JSON{where} ({error}); give {what}", param_hint=option) from error
    if not isinstance(value, kinds):
        raise click.BadParameter(f"should be {what}{where}", param_hint=option)
    return value
