"""A refusal names the variable, its type, where it is used, and what to do."""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextvars
import ctypes
import mmap
import multiprocessing
import re
import socket
import tempfile
import threading
import zlib

import pytest
from clustrix_bundle.bundler.capture.diagnosis import dump_or_explain
from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.bundler.capture.needs import Needs
from clustrix_bundle.job import Job


def test_an_open_file_in_a_cell_is_named_with_the_line_that_uses_it():
    with open(__file__) as handle:

        def read():
            return handle.read()

        with pytest.raises(CaptureError) as caught:
            dump_or_explain(read, Needs(), "the function", read)
    line = read.__code__.co_firstlineno + 1
    assert f"{__file__}:{line}: cell 'handle'" in str(caught.value)
    assert "open it inside the function" in str(caught.value)


def test_a_generator_deep_in_an_argument_is_named_by_the_way_to_it():
    with pytest.raises(CaptureError, match=r"argument 'x'\['a'\]\[1\] is a running generator"):
        dump_or_explain({"a": [1, (n for n in range(3))]}, Needs(), "argument 'x'")


def test_a_socket_held_by_an_instance_is_named_by_its_attribute():
    class Client:
        pass

    client = Client()
    with (
        socket.socket() as client.link,
        pytest.raises(CaptureError, match=r"\.link is of type socket\.socket.*open the connection"),
    ):
        dump_or_explain(client, Needs(), "global 'client'")


@pytest.mark.parametrize(
    ("make", "advice"),
    [
        (lambda: _started(threading.Thread(target=int)), "start the thread inside the function"),
        (concurrent.futures.Future, "wait for its result"),
        (lambda: Job.__new__(Job), "wait for its result"),
        (lambda: concurrent.futures.ThreadPoolExecutor(1), "make the executor inside the function"),
        (lambda: mmap.mmap(-1, 10), "map the file inside the function"),
        (lambda: _closed(tempfile.TemporaryDirectory(), "cleanup"), "make the folder inside the function"),
        (lambda: multiprocessing.Pipe()[0], "make the pipe inside the function"),
        (multiprocessing.Event, "what processes share stays on their machine"),
        (lambda: ctypes.create_string_buffer(8), r"pass bytes\(...\)"),
        (lambda: ctypes.pointer(ctypes.c_int(1)), "load the library"),
        (lambda: re.match("a", "a"), r"pass what you need of it: \.group"),
        (lambda: zip((x for x in [1])), r"pass list\(...\) of it, or make"),
        (lambda: _closed(asyncio.new_event_loop(), "close"), "a loop of its own"),
        (contextvars.copy_context, "set the variables inside the function"),
        (lambda: Refuses(), "or give its class a __reduce__"),
        (zlib.compressobj, "make it inside the function$"),
    ],
)
def test_what_goes_on_in_this_process_is_refused_as_what_it_is(make, advice):
    thing = make()
    with pytest.raises(CaptureError, match=rf"global 'it'\['a'\] is .*{type(thing).__name__} .*{advice}"):
        dump_or_explain({"a": thing}, Needs(), "global 'it'")


def _closed(thing, close):
    getattr(thing, close)()
    return thing


class Refuses:
    def __getstate__(self):
        raise TypeError


def test_a_class_that_cannot_travel_is_told_with_what_holds_it():
    namespace = {"__name__": "__main__"}
    exec("class Gone(tuple): pass", namespace)
    with pytest.raises(CaptureError, match=r"^global 'it'\['a'\]: .*class Gone was made while the program ran"):
        dump_or_explain({"a": namespace["Gone"]()}, Needs(), "global 'it'")


def _started(thread):
    thread.start()
    thread.join()
    return thread


def test_what_has_come_to_its_end_travels():
    done = concurrent.futures.Future()
    done.set_result(3)
    assert dump_or_explain([done], Needs(), "global 'it'")
