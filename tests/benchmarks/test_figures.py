"""A figure is kept where a peer is missing, and never takes the place of one that says more."""

import importlib.util
import json
import math
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, BENCHMARKS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # its dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def harness():
    yield loaded("harness")
    del sys.modules["harness"]


@pytest.fixture(scope="module")
def report():
    yield loaded("report")
    del sys.modules["report"]


def takes(harness, seconds):
    return lambda: harness.Sample(seconds)


def fails(harness):
    def run():
        raise harness.FailedRunError("it crashed")

    return run


def not_here(harness):
    def make():
        raise harness.MissingPeerError("not installed")

    return make


def measured(harness, *peers):
    """Ours, which takes 2 s, beside peers."""
    ours = harness.Contender("ours", takes(harness, 2.0))
    figure = harness.Figure("speed", "work", "ours", tuple(peer.name for peer in peers), 3.0)
    return harness.measure(harness.Benchmark("b", lambda: [ours, *peers], (figure,)), 2)[0]


def test_a_ratio_is_ours_by_the_peers_together(harness, report):
    row = report.row(
        "b", measured(harness, harness.Contender("a", takes(harness, 1.0)), harness.Contender("b", takes(harness, 3.0)))
    )
    assert (row["ratio"], row["met"], row["missing"]) == (0.5, True, {})


@pytest.mark.parametrize("how", ["not installed", "failed"])
def test_what_is_ours_is_kept_where_a_peer_is_missing(harness, report, how):
    peer = harness.Contender("peer", fails(harness)) if how == "failed" else harness.peer("peer", not_here(harness))
    result = measured(harness, peer)
    assert math.isnan(result.ratio) and result.met is None
    row = report.row("b", result)
    assert row["medians"]["ours"]["seconds"] == 2.0
    assert "ratio" not in row
    assert f"| work | 2.00 s | peer {how} | | ≤ 3 × | not compared |" in report.table([row])
    assert f"| b | peer | | | | {how} |" in report.peers_table([row])


def test_a_failure_of_ours_is_no_figure(harness):
    figure = harness.Figure("speed", "work", "ours")
    with pytest.raises(harness.FailedRunError, match="crashed"):
        harness.measure(harness.Benchmark("b", lambda: [harness.Contender("ours", fails(harness))], (figure,)), 1)


def test_what_nobody_can_do_here_is_skipped_in_words(harness, report):
    figure = harness.Figure("speed", "work", "ours")
    (result,) = harness.measure(harness.Benchmark("b", not_here(harness), (figure,)), 1)
    assert report.row("b", result)["skipped"] == "not installed"


def test_a_figure_stays_until_one_comes_that_says_as_much(report, tmp_path):
    path = tmp_path / "benchmarks.json"
    compared = [{"name": "a", "ratio": 1.0, "medians": {}}, {"name": "b", "medians": {"ours": 1}}, {"name": "gone", "ratio": 1.0}]
    path.write_text(json.dumps({"figures": compared}))
    less = [{"name": "a", "medians": {}}, {"name": "b", "skipped": "no"}, {"name": "c", "skipped": "no"}]
    kept = report.merged(path, less, ["c", "b", "a"])["figures"]
    assert [figure["name"] for figure in kept] == ["c", "b", "a"]
    assert kept[2] == compared[0] and kept[1] == compared[1]
    anew = report.merged(path, [{"name": "a", "ratio": 2.0, "medians": {}}], ["a"])["figures"]
    assert anew == [{"name": "a", "ratio": 2.0, "medians": {}}] == json.loads(path.read_text())["figures"]
