from clustrix_bundle.bundler.graph import Edge
from clustrix_bundle.bundler.why import find_reasons


def chain(edges, member, entry="e"):
    return [(edge.importer, edge.imported) for edge in find_reasons(edges, entry).chain(member)]


def test_a_chain_leads_from_the_entry_point():
    assert chain([Edge("e", "a", 1, "import", ""), Edge("a", "b", 2, "import", "")], "b") == [("e", "a"), ("a", "b")]


def test_certain_evidence_goes_before_short_ways():
    edges = [Edge("e", "b", 1, "literal", ""), Edge("e", "a", 1, "import", ""), Edge("a", "b", 2, "folded", "")]
    assert chain(edges, "b") == [("e", "a"), ("a", "b")]


def test_cycles_duplicates_and_the_users_own_wish_are_fine():
    edges = [
        Edge("e", "a", 1, "import", "x"),
        Edge("e", "a", 1, "import", "x"),
        Edge("a", "e", 1, "import", ""),
        Edge("", "w", 0, "included", "*"),
    ]
    assert chain(edges, "e") == []
    assert chain(edges, "a") == [("e", "a")]
    assert chain(edges, "w") == [("", "w")]
    assert chain(edges, "nowhere") == []


def test_of_equal_ways_the_one_whose_edge_sorts_first_is_told():
    edges = [
        Edge("e", "a", 2, "import", ""),
        Edge("e", "a", 1, "literal", ""),
        Edge("e", "a", 1, "import", "y"),
        Edge("e", "a", 1, "import", "x"),
        Edge("", "a", 0, "data", ""),
    ]
    assert find_reasons(edges, "e").chain("a") == [Edge("e", "a", 1, "import", "x")]


def test_the_order_of_discovery_leaves_no_trace():
    edges = [
        Edge("e", "a", 2, "import", ""),
        Edge("e", "b", 1, "import", ""),
        Edge("a", "c", 1, "import", ""),
        Edge("b", "c", 1, "import", ""),
    ]
    assert find_reasons(edges, "e") == find_reasons(edges[::-1], "e")
