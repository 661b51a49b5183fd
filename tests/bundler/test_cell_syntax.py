"""Cells as Python: IPython's own syntax becomes what IPython makes of it, on the same lines."""

from __future__ import annotations

import ast
import asyncio

import pytest
from clustrix_bundle.bundler.cell_syntax import python_of_cell

KERNEL = [
    ("%matplotlib inline", "get_ipython().run_line_magic('matplotlib', 'inline')"),
    ("  %ls -l", "get_ipython().run_line_magic('ls', '-l')"),
    ("if a:\n    !ls {x}", "if a:\n    get_ipython().system('ls {x}')"),
    ("!pip install \\\n  x y\na = 1", "get_ipython().system('pip install   x y')\n\na = 1"),
    ("files = !ls *.csv", "files = get_ipython().getoutput('ls *.csv')"),
    ("a.b['c'], d = %sql select 1", "a.b['c'], d = get_ipython().run_line_magic('sql', 'select 1')"),
    ("?print", "get_ipython().run_line_magic('pinfo', 'print')"),
    ("df.head??", "get_ipython().run_line_magic('pinfo', 'df.head')"),
    ("%timeit f(3)", "get_ipython().run_line_magic('timeit', 'f(3)')"),
    ("%timeit?", "get_ipython().run_line_magic('pinfo', '%timeit')"),
    ("%%bash\nls\necho", "get_ipython().run_cell_magic('bash', '', 'ls\\necho')\n\n"),
    ("\n%%writefile ~/x.py\nA = 1", "\nget_ipython().run_cell_magic('writefile', '~/x.py', 'A = 1')\n"),
    ("%%timeit\nx = 1", "get_ipython().run_cell_magic('timeit', '', 'x = 1')\n"),
    ("%cd -", "get_ipython().run_line_magic('cd', '-')"),
    ("%%time\nx = 1", "\nx = 1"),
    (
        "%%capture out\nx = 1\n%ls",
        "out = get_ipython().run_cell_magic('capture', 'out', '')\nx = 1\nget_ipython().run_line_magic('ls', '')",
    ),
    ("%%capture --no-stderr\nx = 1", "\nx = 1"),
]


@pytest.mark.parametrize(("cell", "python"), KERNEL)
def test_what_asks_the_kernel_becomes_a_call_of_it_with_a_note(cell, python):
    found = python_of_cell(cell)
    assert found.text == python
    assert found.notes
    ast.parse(found.text)
    assert found.text.count("\n") == cell.count("\n")


READ = [
    ("%cd ..", "import os as _os; _os.chdir('..')"),
    ("%cd 'my data'", "import os as _os; _os.chdir('my data')"),
    ("%%writefile x.py\nA = 1", "__import__('pathlib').Path('x.py').write_text('A = 1\\n')\n"),
    ("%%file -a 'd/x.txt'\nA\n", "__import__('pathlib').Path('d/x.txt').open('a').write('A\\n')\n\n"),
    ("%time x = f(3)", "x = f(3)"),
    ("%env A=b c", "from os import environ as _environ; _environ['A'] = 'b c'"),
    ("%set_env A 3", "from os import environ as _environ; _environ['A'] = '3'"),
    (
        "%run helpers.py",
        "from runpy import run_path as _run_path; _ran = _run_path('helpers.py'); "
        "globals().update((_name, _ran[_name]) for _name in _ran if _name[:2] != '__')",
    ),
    ("%pylab inline", "import numpy as np; import matplotlib.pyplot as plt; from pylab import *"),
    ("    a = 1\n    b = 2", "a = 1\nb = 2"),
]


@pytest.mark.parametrize(("cell", "python"), READ)
def test_some_magics_are_read_as_what_they_do(cell, python):
    assert python_of_cell(cell).text == python
    assert not python_of_cell(cell).notes


PLAIN = [
    "x = (a\n% b)",
    "s = '''\n%time\n!ls\n?\n'''",
    "s = \"'''\"\nt = 'it\\'s'\n# why?\nx = a != b",
    "x = a \\\n% b",
    "def f():\n    '''what?'''\n    return x  # really?",
    "d = {'a': 1,\n     # ' [ \n 'b': 2}\ne = 1",
    "x = 'a?'",
    "lines = [\n    '!x',\n]",
    "a == !b" if False else "a = -b",
]


@pytest.mark.parametrize("cell", PLAIN)
def test_plain_python_stays_as_it_is(cell):
    assert python_of_cell(cell).text == cell
    assert not python_of_cell(cell).notes


def test_top_level_await_runs_in_a_loop():
    async def double(x):
        await asyncio.sleep(0)
        return 2 * x

    cell = "é = await double(2); y = [await double(é) for n in range(2)]\nz = await asyncio.gather(\n    double(1),\n    double(2),\n)\nasync def inner():\n    await x\n"
    found = python_of_cell(cell)
    assert found.text.count("\n") == cell.count("\n")
    assert "    await x" in found.text
    namespace = {"double": double, "asyncio": asyncio}
    exec(found.text, namespace)
    assert (namespace["é"], namespace["y"], namespace["z"]) == (4, [8, 8], [2, 4])


def test_async_statements_outside_functions_are_found():
    found = python_of_cell("async with a as b:\n    x = 1\nasync def f():\n    async for y in z:\n        pass\nawait q\n")
    assert found.async_lines == (1,)


def test_awaits_share_one_event_loop():
    cell = """
queue = asyncio.Queue()
async def produce():
    await asyncio.sleep(0)
    await queue.put(3)
async def start():
    return asyncio.ensure_future(produce())
task = await start()
got = await queue.get()
await task
"""
    space = {"asyncio": asyncio}
    exec(compile(python_of_cell(cell).text, "cell", "exec"), space)  # noqa: S102
    assert space["got"] == 3
    asyncio.__dict__.pop("_cells_loop").close()


def test_a_task_that_is_made_outside_any_function_needs_a_running_loop():
    found = python_of_cell("import asyncio\nx = asyncio.create_task(f())\ny = await asyncio.gather(asyncio.create_task(g()))\n")
    assert found.async_lines == (2,)
