"""``clustrix-bundle why`` and ``why-not``: the chain that brings a file, or what keeps it out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from clustrix_bundle.cli.options import json_option, project_options
from clustrix_bundle.cli.output import print_json, printable
from clustrix_bundle.cli.view import edge_json, load_view, render_edge, shown

if TYPE_CHECKING:
    from clustrix_bundle.bundler.graph import Edge
    from clustrix_bundle.cli.view import View


@click.command("why")
@click.argument("subject", metavar="TARGET|BUNDLE")
@click.argument("file")
@project_options
@json_option
def why_command(subject: str, file: str, as_json: bool, **project: Any) -> int:
    """Say why FILE ships: each step from the entry point, with line and evidence; exit code 1 if it does not ship."""
    view = load_view(subject, project)
    member = view.member_of(file)
    ships = member in view.kinds
    chain = chain_of(view, member) if ships else []
    if as_json:
        answer: dict[str, Any] = {"ok": True, "file": member, "ships": ships, "chain": [edge_json(edge) for edge in chain]}
        if not ships:
            answer["reason"] = why_not(view, member)
        print_json(answer)
    elif ships:
        click.echo("\n".join(printable(line) for line in _chain_lines(view, member, chain)))
    else:
        click.echo(printable(f"{shown(member)} does not ship: {why_not(view, member)}"))
    return 0 if ships else 1


@click.command("why-not")
@click.argument("subject", metavar="TARGET|BUNDLE")
@click.argument("file")
@project_options
@json_option
def why_not_command(subject: str, file: str, as_json: bool, **project: Any) -> int:
    """Say why FILE does not ship; exit code 1 if it does."""
    view = load_view(subject, project)
    member = view.member_of(file)
    ships = member in view.kinds
    reason = "" if ships else why_not(view, member)
    if as_json:
        print_json({"ok": True, "file": member, "ships": ships, "reason": reason})
    elif ships:
        click.echo(printable(f"{shown(member)} ships; `clustrix-bundle why` says why"))
    else:
        click.echo(printable(f"{shown(member)} does not ship: {reason}"))
    return 1 if ships else 0


def chain_of(view: View, member: str) -> list[Edge]:
    """The edges that bring a member; a folder or file that came with another's folder has its folder's."""
    reasons = view.reasons()
    while member:
        chain = reasons.chain(member)
        if chain or member == view.entry_member:
            return chain
        member = member.rpartition("/")[0]
    return []


def why_not(view: View, member: str) -> str:
    """What keeps a member out, in words."""
    if view.graph is not None:
        return view.graph.why_not(member)
    name = shown(member)
    for one in view.excluded:
        if name == shown(one.path) or name.startswith(shown(one.path).rstrip("/") + "/"):
            return one.reason
    return "nothing that ships names it"


def _chain_lines(view: View, member: str, chain: list[Edge]) -> list[str]:
    if not chain:
        return [
            f"{shown(member)}  the entry point {view.entry}"
            if member == view.entry_member
            else f"{shown(member)}  part of the bundle"
        ]
    first = f"{view.entry}  in {shown(view.entry_member)}" if chain[0].importer else "asked for"
    lines = [first]
    for depth, edge in enumerate(chain, 1):
        lines.append(f"{'  ' * depth}{shown(edge.imported)}  <- {render_edge(edge)}")
    return lines
