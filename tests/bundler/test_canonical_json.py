import json

import pytest
from clustrix_bundle.bundler.canonical_json import parse_json, render_canonical_json


def test_keys_are_sorted_without_spaces_and_a_newline_ends_the_text():
    assert (
        render_canonical_json({"b": [1, None], "a": {"z": True, "y": "ü"}}) == '{"a":{"y":"ü","z":true},"b":[1,null]}\n'.encode()
    )


def test_a_name_that_is_not_utf8_is_written_as_escapes_and_read_back():
    text = render_canonical_json({"path": "a\udcffb"})
    assert text == b'{"path":"a\\udcffb"}\n'
    assert parse_json(text) == {"path": "a\udcffb"}


def test_two_surrogates_that_form_a_character_are_written_as_it():
    text = render_canonical_json(["\ud83d\ude00"])
    assert render_canonical_json(parse_json(text)) == text == '["😀"]\n'.encode()


def test_what_it_writes_is_what_the_standard_library_reads():
    value = {"a": ['\n\t"\\', "\x00\x7f", -1, 2**70]}
    assert json.loads(render_canonical_json(value)) == value


@pytest.mark.parametrize("text", [b'{"a":1,"a":2}', b"\xff", b"{", b"[" * 100_000, b""])
def test_what_is_not_one_plain_value_is_refused(text):
    with pytest.raises(ValueError):
        parse_json(text)


def test_a_number_that_json_lacks_is_refused():
    with pytest.raises(ValueError):
        render_canonical_json([float("nan")])
