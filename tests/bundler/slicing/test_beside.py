"""What runs beside the program or is run for it by something installed: threads, methods that inherited ones call."""

from __future__ import annotations

import pytest

HEAD = """import threading
from functools import partial
from html.parser import HTMLParser
from concurrent.futures import ThreadPoolExecutor
RESULT = []
def work(x=1):
    RESULT.append(x)
class Worker(threading.Thread):
    def run(self):
        RESULT.append(1)
class Reader(HTMLParser):
    def handle_starttag(self, tag, attrs):
        RESULT.append(tag)
def f():
    return RESULT
"""


@pytest.mark.parametrize(
    "statements",
    [
        "t = threading.Thread(target=work)\nt.start()\nt.join()",
        "t = threading.Thread(target=lambda: RESULT.append(1)); t.start(); t.join()",
        "t = threading.Thread(target=RESULT.append, args=(1,))\nt.start()\nt.join()",
        "t = threading.Timer(0, partial(work, 2))\nt.start()\nt.join()",
        "jobs = [threading.Thread(target=work) for _ in range(3)]\nfor job in jobs:\n    job.start()\nfor job in jobs:\n    job.join()",
        "w = Worker()\nw.start()\nw.join()",
        "for w in [Worker()]:\n    w.start()",
        "Reader().feed('<a>')",
        "r = Reader()\nr.feed('<a>')",
        "future = ThreadPoolExecutor(1).submit(work, 4)\nfuture.result()",
    ],
)
def test_what_changes_the_result_from_another_thread_or_through_an_inherited_method_travels(sliced, statements):
    found = sliced(HEAD + statements + "\n")
    assert found.source.decode().endswith(statements + "\n")


def test_a_thread_that_travels_is_told_and_one_that_changes_nothing_stays(sliced):
    beat = "def beat():\n    print(1)\nthreading.Thread(target=beat, daemon=True).start()\n"
    found = sliced(HEAD + beat + "t = threading.Thread(target=work)\nt.start()\n")
    assert "beat" not in found.source.decode()
    (note,) = found.notes
    assert "`threading.Thread`" in note.message and "`RESULT`" in note.message and "under the main guard" in note.message
