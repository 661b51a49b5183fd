"""``clustrix-bundle graph``: what a function depends on, as a tree, DOT, Mermaid or JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from clustrix_bundle.cli.graph_formats import FORMATS, graph_json
from clustrix_bundle.cli.options import json_option, project_options
from clustrix_bundle.cli.output import print_json
from clustrix_bundle.cli.view import load_view

if TYPE_CHECKING:
    from clustrix_bundle.cli.view import View


@click.command("graph")
@click.argument("subject", metavar="TARGET|BUNDLE")
@click.option("--format", "form", type=click.Choice(["text", "dot", "mermaid", "json"]), default="text", help="text by default.")
@click.option(
    "-o", "--output", metavar="FILE", type=click.Path(dir_okay=False, writable=True), help="Write there instead of printing."
)
@project_options
@json_option
def graph_command(subject: str, form: str, output: str | None, as_json: bool, **project: Any) -> int:
    """Draw which files ship with TARGET (or are in BUNDLE), which brings which, where and by what evidence."""
    view = load_view(subject, project)
    if as_json and form in ("json", "text") and output is None:
        print_json(graph_json(view))
        return 0
    text = render(view, form)
    if output is not None:
        from clustrix_bundle.bundler.publication import write_whole  # noqa: PLC0415 - for -o only

        write_whole(output, text.encode("utf-8", "backslashreplace"), "the graph")
        if as_json:
            print_json({"ok": True, "path": output, "format": form})
    elif as_json:
        print_json({"ok": True, "format": form, "text": text})
    else:
        click.echo(text, nl=False)
    return 0


def render(view: View, form: str) -> str:
    """The view in one of the formats, ending in a newline."""
    return FORMATS[form](view)
