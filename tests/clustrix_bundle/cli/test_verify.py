from pathlib import Path

import pytest


def test_a_whole_bundle_is_intact(command, bundle):
    answer = command("verify", bundle, "--json")
    assert (answer.code, answer.json["ok"], answer.json["problems"]) == (0, True, [])
    people = command("verify", bundle)
    assert (people.code, answer.json["id"] in people.out) == (0, True)


def test_a_changed_byte_is_refused_and_told(command, bundle):
    data = bytearray(Path(bundle).read_bytes())
    data[-100] ^= 1
    Path(bundle).write_bytes(data)
    answer = command("verify", bundle, "--json")
    assert (answer.code, answer.json["ok"]) == (5, False)
    assert "not those that were written" in answer.err


def test_another_id_is_refused(command, bundle):
    assert command("verify", bundle, "--id", "0000").code == 5


def test_detached_data_is_checked_where_it_is(command, project):
    (project / "big.bin").write_bytes(b"\0" * (1 << 20))
    path = command("build", "thermo.model:run", "--include", "big.bin", "--blobs", "blobs", "-o", "out/", "--json").json["path"]
    assert command("verify", path, "--blobs", "blobs").code == 0
    answer = command("verify", path)
    assert answer.code == 5
    assert "--blobs" in answer.err
    run = command("run", path, "--blobs", "blobs", "--json")
    assert (run.code, run.json["result"]) == (0, 273.15)


@pytest.mark.parametrize("expected", ["", "nothex", "F" * 8, "0" * 65])
def test_what_can_be_no_id_is_a_usage_error(command, bundle, expected):
    assert command("verify", bundle, "--id", expected).code == 2
