import pytest
from clustrix_bundle.bundler.json_shape import Shape, ShapeError, boolean, integer, nullable, string, strings


def test_what_fits_is_read():
    shape = Shape({"s": "x", "n": 1, "b": True, "l": ["a"], "z": None, "o": [{"s": "y"}]}, "thing")
    assert (shape.get("s", string), shape.get("n", integer), shape.get("b", boolean), shape.get("l", strings)) == (
        "x",
        1,
        True,
        ["a"],
    )
    assert shape.get("z", nullable(string)) is None
    assert shape.get("absent", string, "default") == "default"
    assert [inner.get("s", string) for inner in shape.objects("o")] == ["y"]


@pytest.mark.parametrize(
    ("read", "value"),
    [(string, 1), (integer, True), (integer, 1.0), (boolean, 1), (strings, "x"), (strings, [1]), (nullable(string), 1)],
)
def test_what_does_not_fit_is_named_with_its_place(read, value):
    with pytest.raises(ShapeError, match="thing: 'k'"):
        Shape({"k": value}, "thing").get("k", read)


def test_missing_and_unknown_keys_are_named():
    with pytest.raises(ShapeError, match="no 'k'"):
        Shape({}, "thing").get("k", string)
    with pytest.raises(ShapeError, match="unknown key 'x'"):
        Shape({"x": 1}, "thing").only("k")
    with pytest.raises(ShapeError, match=r"thing.l\[1\] should be an object"):
        list(Shape({"l": [{}, 1]}, "thing").objects("l"))
