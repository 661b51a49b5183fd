"""Names across star imports, loops and what is added to collections."""


def test_a_name_is_found_through_star_imports_of_star_imports_and_the_last_wins(folded):
    source = "from first import *\nfrom last import *\nshow(NAME)\nshow(DEEP)\nshow(FOREIGN)"
    others = {
        "first": "NAME = 'first'",
        "last": "from deeper import *\nNAME = 'last'",
        "deeper": "from somewhere_else import *\nfrom first import *\nDEEP = 'deep'\nNAME = 'deeper'",
    }
    assert folded(source, **others) == [{"last"}, {"deep"}, {"<External>"}]


def test_modules_that_star_import_each_other_are_gone_through_once(folded):
    assert folded("from a import *\nshow(B)", a="from b import *\nA = 'a'", b="from a import *\nB = A + 'b'") == {"ab"}


def test_a_name_that_a_loop_makes_from_itself_is_followed_for_some_rounds(folded):
    source = "import os\nd = 'a/b/c'\nwhile True:\n    d = os.path.dirname(d)\n    show(d)"
    assert {"a/b", "a"} <= folded(source)


def test_what_is_appended_and_stored_belongs_to_the_collection(folded):
    source = "names = ['a']\ntable = {}\ndef grow():\n    names.append('b')\n    table['k'] = 'v'\nfor n in names:\n    show(n)\nshow(table['k'])"
    assert folded(source) == [{"a", "b"}, {"v"}]


def test_something_foreign_that_a_loop_makes_from_itself_is_not_followed_for_ever(folded):
    source = """
        import foreign
        line = foreign.read()
        for _ in range(3):
            line = line.strip()
        show(line)
    """
    assert folded(source) == {"<External>"}
