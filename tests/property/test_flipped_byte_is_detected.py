"""No bit of a bundle can change unnoticed: `verify` demands the seal, which covers every byte that no decoder looks at."""

import os
from pathlib import Path

import pytest
from clustrix_bundle.bundler.package import FilePackager
from clustrix_bundle.bundler.verify import verify_bundle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture(scope="module")
def bundle(hand_graph, tmp_path_factory):
    folder = tmp_path_factory.mktemp("flip")
    graph = hand_graph(
        folder / "p", data={"project/noise": os.urandom(700), "project/text": b"abc" * 500}, links={"project/l": "text"}
    )
    return Path(FilePackager(folder).package_dependencies(graph).package_path)


def test_every_single_byte_counts(bundle):
    whole = bundle.read_bytes()
    damaged = bundle.with_name("damaged")
    for index in range(len(whole)):
        data = bytearray(whole)
        data[index] ^= 1 << index % 8
        damaged.write_bytes(data)
        assert not verify_bundle(str(damaged)).ok, index


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_cut_insertion_or_exchange_is_noticed(bundle, data):
    whole = bundle.read_bytes()
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, len(whole)))
    changed = whole[:start] + data.draw(st.binary(max_size=20)) + whole[end:]
    if changed != whole:
        damaged = bundle.with_name("changed")
        damaged.write_bytes(changed)
        assert not verify_bundle(str(damaged)).ok
