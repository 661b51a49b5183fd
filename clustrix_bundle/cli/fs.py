"""``clustrix-bundle fs``: the filesystem helpers as commands."""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from clustrix_bundle.cli.cluster_options import cluster_config, cluster_options
from clustrix_bundle.cli.options import json_option
from clustrix_bundle.cli.output import print_error, print_json, printable, progress, render_count, render_size, render_table

if TYPE_CHECKING:
    from clustrix_bundle.filesystem import ClusterFilesystem
    from clustrix_bundle.runtime.file_info import FileInfo

_FAILED = 1


@click.group("fs")
def fs_command() -> None:
    """Look at the files of a cluster, or of this machine.

    Paths are relative to the work dir and stay within it. On a terminal names are shown with control characters as escapes; --json
    has them exactly. The exit code is 1 if a path can't be looked at, and for `exists`, `isdir`, `isfile` if the answer is no.
    """


def _ask(
    question: Callable[[ClusterFilesystem], Any],
    show: Callable[[Any], str],
    *,
    name: str,
    as_json: bool,
    cluster: dict[str, Any],
    to_json: Callable[[Any], Any] = lambda answer: answer,
) -> int:
    """Ask a filesystem one thing and print the answer, as ``{"ok": true, NAME: …, "warnings": […]}`` or for people."""
    from clustrix_bundle.filesystem import ClusterFilesystem  # noqa: PLC0415 - where files are asked for

    config = cluster_config(**cluster)
    try:
        with warnings.catch_warnings(record=True) as told, progress(f"asking {config.cluster_host or 'this machine'}"):
            warnings.simplefilter("always")
            answer = question(ClusterFilesystem(config))
    except BrokenPipeError:  # who reads what is printed meanwhile has gone
        raise
    except (OSError, ValueError) as error:
        filename = getattr(error, "filename", None)
        text = str(error) if filename is None else f"{getattr(error, 'strerror', None) or error}: {filename!r}"
        return print_error(error, _FAILED, text, as_json)
    if as_json:
        print_json({"ok": True, name: to_json(answer), "warnings": [str(one.message) for one in told]})
    else:
        text = show(answer)
        if text:
            click.echo(text)
        for one in told:
            click.echo(f"clustrix-bundle: {printable(str(one.message))}", err=True)
    return _FAILED if answer is False else 0


def _lines(names: list[str]) -> str:
    return "\n".join(printable(name) for name in names)


def _info_json(info: FileInfo) -> dict[str, Any]:
    return {
        "name": info.name,
        "size": info.size,
        "modified": info.modified,
        "is_dir": info.is_dir,
        "is_file": info.is_file,
        "permissions": info.permissions,
    }


def _info_row(info: FileInfo, name: str) -> tuple[str, ...]:
    kind = "dir" if info.is_dir else "file"
    modified = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(info.modified))
    return kind, info.permissions, "" if info.is_dir else render_size(info.size), modified, printable(name)


@fs_command.command("ls")
@click.argument("path", default=".")
@click.option("-l", "--long", "long", is_flag=True, help="Kind, permissions, size and time of each too.")
@cluster_options
@json_option
def ls_command(path: str, *, long: bool, as_json: bool, **cluster: Any) -> int:
    """Names in the folder PATH, dotfiles too."""
    if not long:
        return _ask(lambda fs: fs.ls(path), _lines, name="names", as_json=as_json, cluster=cluster)

    def look(fs: ClusterFilesystem) -> list[tuple[str, FileInfo | None]]:
        names = fs.ls(path)
        with fs.batch() as batch:
            asked = [batch.stat(f"{path}/{name}") for name in names]
        return [(name, None if one.exception() else one.result()) for name, one in zip(names, asked, strict=True)]

    def show(found: list[tuple[str, FileInfo | None]]) -> str:
        rows = [_info_row(info, name) if info else ("?", "", "", "", printable(name)) for name, info in found]
        return render_table(rows, right=(2,))

    return _ask(
        look,
        show,
        name="entries",
        as_json=as_json,
        cluster=cluster,
        to_json=lambda found: [{**(_info_json(info) if info else {}), "name": name} for name, info in found],
    )


@fs_command.command("find")
@click.argument("pattern")
@click.argument("path", default=".")
@cluster_options
@json_option
def find_command(pattern: str, path: str, *, as_json: bool, **cluster: Any) -> int:
    """Files below PATH whose name matches PATTERN; `*` matches dotfiles."""
    if as_json:
        return _ask(lambda fs: fs.find(pattern, path), _lines, name="paths", as_json=True, cluster=cluster)

    def print_each(fs: ClusterFilesystem) -> None:  # a million names are held nowhere
        for name in fs.iter_find(pattern, path) if not sys.stdout.isatty() else fs.find(pattern, path):
            click.echo(printable(name))

    return _ask(print_each, lambda _: "", name="paths", as_json=False, cluster=cluster)


@fs_command.command("glob")
@click.argument("pattern")
@click.argument("path", default=".")
@cluster_options
@json_option
def glob_command(pattern: str, path: str, *, as_json: bool, **cluster: Any) -> int:
    """Paths that match PATTERN below PATH; `**` is any number of folders, `*` does not match dotfiles."""
    return _ask(lambda fs: fs.glob(pattern, path), _lines, name="paths", as_json=as_json, cluster=cluster)


@fs_command.command("stat")
@click.argument("path")
@cluster_options
@json_option
def stat_command(path: str, *, as_json: bool, **cluster: Any) -> int:
    """Size, time, kind and permissions of PATH, links followed."""
    return _ask(
        lambda fs: fs.stat(path),
        lambda info: render_table([_info_row(info, info.name)]),
        name="stat",
        as_json=as_json,
        cluster=cluster,
        to_json=_info_json,
    )


def _yes_or_no(answer: bool) -> str:
    return "yes" if answer else "no"


@fs_command.command("exists")
@click.argument("path")
@cluster_options
@json_option
def exists_command(path: str, *, as_json: bool, **cluster: Any) -> int:
    """Whether there is something at PATH."""
    return _ask(lambda fs: fs.exists(path), _yes_or_no, name="exists", as_json=as_json, cluster=cluster)


@fs_command.command("isdir")
@click.argument("path")
@cluster_options
@json_option
def isdir_command(path: str, *, as_json: bool, **cluster: Any) -> int:
    """Whether PATH is a folder."""
    return _ask(lambda fs: fs.isdir(path), _yes_or_no, name="isdir", as_json=as_json, cluster=cluster)


@fs_command.command("isfile")
@click.argument("path")
@cluster_options
@json_option
def isfile_command(path: str, *, as_json: bool, **cluster: Any) -> int:
    """Whether PATH is a regular file."""
    return _ask(lambda fs: fs.isfile(path), _yes_or_no, name="isfile", as_json=as_json, cluster=cluster)


@fs_command.command("du")
@click.argument("path", default=".")
@cluster_options
@json_option
def du_command(path: str, *, as_json: bool, **cluster: Any) -> int:
    """Bytes and number of the files below PATH."""
    return _ask(
        lambda fs: fs.du(path),
        lambda usage: f"{render_size(usage.total_bytes)} in {render_count(usage.file_count, 'file')}",
        name="usage",
        as_json=as_json,
        cluster=cluster,
        to_json=lambda usage: {"total_bytes": usage.total_bytes, "file_count": usage.file_count},
    )


@fs_command.command("count")
@click.argument("path", default=".")
@click.argument("pattern", default="*")
@cluster_options
@json_option
def count_command(path: str, pattern: str, *, as_json: bool, **cluster: Any) -> int:
    """How many files `find` gives for PATTERN below PATH."""
    return _ask(lambda fs: fs.count_files(path, pattern), str, name="count", as_json=as_json, cluster=cluster)
