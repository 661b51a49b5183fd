import gc

import pytest

from clustrix_bundle.bundler.analysis.collector import collector_paused


def test_the_collector_goes_on_after_an_analysis_however_it_ends():
    with pytest.raises(KeyError), collector_paused():
        assert not gc.isenabled()
        with collector_paused():
            pass
        assert not gc.isenabled()
        raise KeyError
    assert gc.isenabled()


def test_who_has_stopped_it_finds_it_stopped():
    gc.disable()
    try:
        with collector_paused():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_was_made_meanwhile_is_old_afterwards():
    with collector_paused():
        made = [[] for _ in range(100_000)]
    assert len(gc.get_objects(generation=0)) < len(made)


def test_what_somebody_has_frozen_stays_frozen():
    gc.freeze()
    try:
        with collector_paused():
            pass
        assert gc.get_freeze_count()
    finally:
        gc.unfreeze()
