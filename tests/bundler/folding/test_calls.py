"""What calls give back."""

from clustrix_bundle.bundler.folding.lookup import Lookup


def test_a_function_is_followed_for_the_arguments_of_this_call(folded):
    source = """
        def name(kind, ending=".csv"):
            return "d/" + kind + ending
        show(name("a"))
        show(name("b", ending=".txt"))
        show(name(*["c"]))
        show(name(**{"kind": "e"}))
    """
    assert folded(source) == [{"d/a.csv"}, {"d/b.txt"}, {"d/c.csv"}, {"d/e.csv"}]


def test_functions_that_call_each_other_end(folded):
    source = """
        def even(n): return "e" if n == 0 else odd(n - 1)
        def odd(n): return "o" if n == 0 else even(n - 1)
        show(even(3))
    """
    assert {"e", "o"} <= folded(source)


def test_getattr_of_a_known_name_and_map_over_a_list(folded):
    source = """
        class A: x = "value"
        def path(n): return "d/" + n
        show(getattr(A, "x"))
        for one in map(path, ["a", "b"]):
            show(one)
    """
    assert folded(source) == [{"value"}, {"d/a", "d/b"}]


def test_partial_of_spread_arguments_can_be_anything(folded):
    source = """
        from functools import partial
        def f(given): show(partial(*given))
    """
    assert folded(source) == {"<Unknown>"}


def test_arguments_are_folded_only_where_the_result_depends_on_them(folded, monkeypatch):
    source = """
        import foreign, os
        class Plain: pass
        class Name(str): pass
        def nothing(x): return
        show(foreign.call(EXPENSIVE))
        show(len(EXPENSIVE))
        show(os.listdir(EXPENSIVE))
        show(Plain(EXPENSIVE))
        show(nothing(EXPENSIVE))
        show(Name(CHEAP))
        CHEAP = "c"
        EXPENSIVE = "a" + "b"
    """
    asked = []
    look_up = Lookup.look_up
    monkeypatch.setattr(Lookup, "look_up", lambda self, name, place: (asked.append(name), look_up(self, name, place))[1])
    shown = folded(source)
    assert shown == [{"<External>"}, {"<External>"}, {"[]['*']"}, {"<Instance>"}, {"<Unknown>"}, {"c"}]
    assert "CHEAP" in asked
    assert "EXPENSIVE" not in asked
