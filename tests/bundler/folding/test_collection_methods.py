"""Lookups in collections."""

from clustrix_bundle.bundler.folding.collection_methods import MAX_COMPARED, look_up
from clustrix_bundle.bundler.folding.value import Mapping, Number, literal


def test_many_keys_asked_of_a_large_mapping_can_mean_any_value_of_it():
    size = int(MAX_COMPARED**0.5)
    table = Mapping(tuple(((literal(f"k{number}"),), (Number(number),)) for number in range(size)), (literal("more"),))
    some = tuple(literal(f"k{number}") for number in range(size))
    assert look_up(table, some[:1]) == ((Number(0),), False)
    assert look_up(table, some) == (tuple(Number(number) for number in range(size)), False)
    found, missing = look_up(table, (*some, literal("none")))
    assert found == (*(Number(number) for number in range(size)), literal("more"))
    assert missing
