"""What calls give back."""


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
