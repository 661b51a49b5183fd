"""What a program has replaced for itself is put aside for an analysis and put back."""

from __future__ import annotations

import builtins
import threading
import types

import pytest

from clustrix_bundle.bundler.pristine import Pristine, pristine


def test_names_mean_what_they_meant_and_then_what_they_were_given():
    module = types.ModuleType("part")
    module.kept, module.replaced, module.deleted = 1, 2, 3
    context = Pristine((module,))
    module.replaced, module.added = 20, 4
    del module.deleted
    with context:
        assert (module.kept, module.replaced, module.deleted, module.added) == (1, 2, 3, 4)
    assert (module.kept, module.replaced, module.added) == (1, 20, 4)
    assert not hasattr(module, "deleted")


def test_what_is_replaced_is_put_back_after_an_error():
    module = types.ModuleType("part")
    module.name = 1
    context = Pristine((module,))
    module.name = 2
    with pytest.raises(ZeroDivisionError), context:
        1 / (module.name - 1)
    assert module.name == 2


def test_the_last_of_several_threads_puts_back():
    module = types.ModuleType("part")
    module.name = 1
    context = Pristine((module,))
    module.name = 2
    entered, leave = threading.Event(), threading.Event()

    def analyse():
        with context:
            entered.set()
            leave.wait()

    thread = threading.Thread(target=analyse)
    thread.start()
    entered.wait()
    with context:
        pass
    seen = module.name
    leave.set()
    thread.join()
    assert (seen, module.name) == (1, 2)


@pytest.mark.parametrize("name", ["type", "setattr", "vars", "next", "isinstance", "len", "sum"])
def test_it_needs_no_builtin_itself(name):
    names = vars(builtins)
    true = names[name]
    names[name] = None
    try:
        with pristine:
            inside = names[name]
        outside = names[name]
    finally:
        names[name] = true
    assert inside is true
    assert outside is None
