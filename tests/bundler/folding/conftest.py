"""Folding in small projects."""

from __future__ import annotations

import textwrap

import pytest
from clustrix_bundle.bundler.analysis.project import Project
from clustrix_bundle.bundler.analysis.sources import Sources
from clustrix_bundle.bundler.folding.fold import Folder
from clustrix_bundle.bundler.folding.pattern import DEEP
from clustrix_bundle.bundler.folding.value import Hole, Number, Sequence, Text
from clustrix_bundle.bundler.resolve import Resolver
from clustrix_bundle.bundler.roots import find_source_roots
from clustrix_bundle.bundler.settings import Settings


@pytest.fixture
def folded(tmp_path, write_tree, bare_interpreter):
    """``folded(source, **other_modules)``: what the arguments of ``show(…)`` calls in module ``m`` can be, written with ``*`` for holes.

    The project's own folder is written ``<root>``.
    """

    def run(source, *, entry=("", ""), **others):
        files = {f"{name.replace('__', '/')}.py": textwrap.dedent(text) for name, text in {"m": source, **others}.items()}
        root = write_tree(tmp_path / "project", files)
        resolver = Resolver(find_source_roots(script_folder=None, cwd=root, project_root=root), bare_interpreter)
        project = Project(root=root, cwd=root, settings=Settings(), resolver=resolver, sources=Sources(), entry=entry)
        for name in ("m", *(name.replace("__", ".") for name in others)):
            module = project.load(name.removesuffix(".init"))
            if module is not None:
                project.reach(module)
        folder = Folder(project)
        folder.renew()
        module = project.load("m")
        shown = []
        for call in module.facts.calls:
            if call.func == ("name", "show"):
                arguments = folder.arguments_of(call, module)
                groups = [*arguments.positional, *([arguments.more] if arguments.more else [])]
                shown += [{written(value, str(root)) for value in group} for group in groups]
        return shown[0] if len(shown) == 1 else shown

    return run


def written(value, root):
    if isinstance(value, Text):
        parts = ["**" if part == DEEP else "*" if isinstance(part, Hole) else part for part in value.parts]
        return "".join(parts).replace(root, "<root>")
    if isinstance(value, Number):
        return value.value
    if isinstance(value, Sequence):
        items = [sorted(str(written(one, root)) for one in group) for group in value.items]
        return f"{items}{sorted(str(written(one, root)) for one in value.more) or ''}"
    return f"<{type(value).__name__}>"
