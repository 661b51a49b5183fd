"""``runtime.pyz``: small, the same every time, and of the lines that the sources have."""

import ast
import io
import os
import subprocess
import sys
import zipfile

import pytest
from clustrix_bundle.bundler.errors import PackagingError
from clustrix_bundle.bundler.runtime_file import (
    MAX_RUNTIME_SIZE,
    render_runtime,
    runtime_folder,
    runtime_modules,
    without_prose,
)


def test_it_is_small_and_the_same_in_any_order():
    modules = runtime_modules(runtime_folder())
    data = render_runtime(modules)
    assert len(data) <= MAX_RUNTIME_SIZE
    assert render_runtime(dict(reversed(modules.items()))) == data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_time_zone_and_hash_seed_leave_no_trace(tmp_path):
    code = (
        "import sys\nfrom clustrix_bundle.bundler.runtime_file import *\n"
        "sys.stdout.buffer.write(render_runtime(runtime_modules(runtime_folder())))\n"
    )
    found = set()
    for seed in ("1", "2"):
        environment = os.environ | {"PYTHONHASHSEED": seed, "TZ": f"UTC{seed}", "PYTHONSAFEPATH": "1"}
        command = [sys.executable, "-c", code]
        found.add(subprocess.run(command, check=True, env=environment, stdout=subprocess.PIPE, cwd=tmp_path).stdout)
    assert len(found) == 1 and found.pop().startswith(b"#!")


def test_every_module_keeps_its_meaning_and_its_lines():
    for name, source in runtime_modules(runtime_folder()).items():
        short = without_prose(source)
        assert short.count(b"\n") == source.count(b"\n"), name
        assert _positions(short) == _positions(source), name
        compile(short, name, "exec")


def _positions(source):
    """Every statement with its line and text, those that are mere texts left out."""
    return [
        (node.lineno, _without_texts(node))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.stmt) and hasattr(node, "lineno") and not _is_text(node)
    ]


def _is_text(node):
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _without_texts(statement):
    for node in ast.walk(statement):
        if isinstance(getattr(node, "body", None), list):
            node.body = [inner for inner in node.body if not _is_text(inner)] or [ast.Pass()]
    return ast.unparse(statement)


def test_prose_is_what_goes():
    source = b'"""Doc."""\n# comment\nx = """# text\n    kept"""  # gone\ndef f():\n    """One\n    two."""\n    # c\n    return "#"  # gone\ndef g(): "d"\n'
    assert without_prose(source) == b'\n\nx="""# text\n    kept"""\ndef f():\n\n\n\n return "#"\ndef g():"d"\n'
    assert without_prose(b'def f():\n    """Nothing\n    else."""\n') == b'def f():\n ""\n\n'
    assert without_prose(b'x = 1\n"""What x\n  is for."""\ny = 2; "z"\n') == b'x=1\n\n\ny=2;"z"\n'


def test_spaces_between_words_stay():
    source = b'x = [\n    1 if y else\n    -2 for y in "a" "b" if not (y and b"c")\n]\nif x :\n    z = x [ 0 ]\n'
    assert without_prose(source) == b'x=[\n1 if y else\n-2 for y in "a" "b" if not(y and b"c")\n]\nif x:\n z=x[0]\n'


def test_a_runtime_that_grows_too_large_is_an_error():
    modules = runtime_modules(runtime_folder()) | {"noise": b"x = " + repr(os.urandom(60000).hex()).encode()}
    with pytest.raises(PackagingError, match="may have"):
        render_runtime(modules)
