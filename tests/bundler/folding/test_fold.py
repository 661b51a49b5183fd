"""What expressions fold to: across assignments, modules, functions, classes and call sites."""

import pytest


@pytest.mark.parametrize(
    ("expression", "values"),
    [
        ("'a' + 'b'", {"ab"}),
        ("'a' 'b'", {"ab"}),
        ("f'{1}-{\"x\"}'", {"1-x"}),
        ("'%s/%03d.csv' % ('d', 7)", {"d/007.csv"}),
        ("'%(a)s.txt' % {'a': 'n'}", {"n.txt"}),
        ("'{}/{x:>3}.{y}'.format('d', x=5, y='z')", {"d/  5.z"}),
        ("'/'.join(['a', 'b', 'c.txt'])", {"a/b/c.txt"}),
        ("'x/y.tar.gz'.rsplit('.', 1)[0]", {"x/y.tar"}),
        ("'A-B'.lower().replace('-', '_')", {"a_b"}),
        ("'a' if unknown else 'b'", {"a", "b"}),
        ("unknown_name or 'b'", {"b", "<External>"}),
        ("os.path.join('a', 'b', '/c', 'd')", {"/c/d"}),
        ("os.path.join('a', '')", {"a/"}),
        ("os.path.dirname('a/b/c.txt')", {"a/b"}),
        ("os.path.splitext('a/b.txt')[0] + '.csv'", {"a/b.csv"}),
        ("os.path.split('a/b.txt')[1]", {"b.txt"}),
        ("os.path.normpath('a/../b/./c')", {"b/c"}),
        ("os.path.abspath('a')", {"a"}),
        ("os.getcwd() + '/x'", {"./x"}),
        ("os.path.expanduser('~/x')", {"*/x"}),
        ("Path('a') / 'b' / 'c.txt'", {"a/b/c.txt"}),
        ("'base' / Path('x')", {"base/x"}),
        ("Path('a', 'b').with_suffix('.csv')", {"a/b.csv"}),
        ("Path('a/b.txt').with_name('c')", {"a/c"}),
        ("Path('a/b.txt').with_stem('c')", {"a/c.txt"}),
        ("Path('a/b/c').parents[1]", {"a"}),
        ("Path('a/b/c.txt').stem", {"c"}),
        ("Path('a/b').relative_to('a')", {"b"}),
        ("Path(__file__).resolve().parent / 'd'", {"<root>/d"}),
        ("os.path.join(os.path.dirname(__file__), os.pardir, 'd')", {"<root>/../d"}),
        ("inspect.getfile(inspect.currentframe())", {"<root>/m.py"}),
        ("sys.modules[__name__].__file__", {"<root>/m.py"}),
        ("__name__ + '.x'", {"m.x"}),
        ("__spec__.name", {"m"}),
        ("os.environ.get('X', 'd') + '/f'", {"d/f", "*/f"}),
        ("os.environ['X'] + '/f'", {"*/f"}),
        ("{'a': 'x', 'b': 'y'}['a']", {"x"}),
        ("{'a': 'x', 'b': 'y'}[unknown]", {"x", "y"}),
        ("{'a': 'x'}.get('q', 'z')", {"z"}),
        ("[p + '.txt' for p in ('a', 'b')][0]", {"a.txt", "b.txt"}),
        ("[f'{i}.csv' for i in range(3)][unknown]", {"0.csv", "1.csv", "2.csv"}),
        ("list(map(str.upper, ['a']))[0]", {"<Unknown>"}),
        ("sorted(['b', 'a'])[0]", {"a", "b"}),
        ("next(iter(['a']))", {"a"}),
        ("dict(a='x')['a']", {"x"}),
        ("getattr(os, 'sep')", {"/"}),
        ("glob.glob('d/*.csv')[0]", {"d/*.csv"}),
        ("os.listdir('d')[0]", {"*"}),
        ("str(Path('a'))", {"a"}),
        ("('a/%s' % name) + '.txt'", {"a/*.txt"}),
        ("3 * 'ab'", {"<Unknown>"}),
        ("'ab' * 2", {"abab"}),
        ("(lambda: 'x')()", {"<Unknown>"}),
    ],
)
def test_an_expression_folds_to(folded, expression, values):
    assert (
        folded(
            f"import glob, inspect, os, sys\nfrom pathlib import Path\nname = input()\nunknown = input()\nshow({expression})\n"
        )
        == values
    )


def test_the_last_assignment_before_a_use_hides_the_others(folded):
    assert folded("p = 'a'\np = 'b'\nshow(p)\np = 'c'\n") == {"b"}


def test_conditional_assignments_are_alternatives(folded):
    assert folded("p = 'a'\nif x():\n    p = 'b'\nshow(p)\n") == {"a", "b"}


def test_a_name_made_from_itself_sees_what_it_was(folded):
    assert folded("p = 'a'\np = p + 'b'\np += 'c'\nshow(p)\n") == {"abc", "ab"}


def test_a_function_sees_every_value_of_a_module_name(folded):
    assert folded("P = 'a'\ndef f():\n    show(P)\nP = 'b'\n") == {"a", "b"}


def test_a_global_statement_binds_the_modules_name(folded):
    assert folded("P = None\ndef init():\n    global P\n    P = 'x'\ndef f():\n    show(P)\n") == {"x", "<Constant>"}


def test_constants_of_other_modules_fold_by_every_import(folded):
    source = """
        import conf
        import pkg.paths as pp
        from conf import *
        from pkg import paths
        from pkg.paths import NAME as N
        show(conf.NAME, pp.NAME, NAME, paths.NAME, N)
    """
    conf = "NAME = 'c'\n"
    paths = "NAME = 'p'\n"
    assert folded(source, conf=conf, pkg____init__="", pkg__paths=paths) == [{"c"}, {"p"}, {"c"}, {"p"}, {"p"}]


def test_a_parameter_is_the_union_of_its_call_sites_and_its_default(folded):
    assert folded("def f(p='d'):\n    show(p)\nf('a')\nf(p='b')\n") == {"a", "b", "d"}


def test_call_sites_in_other_modules_count(folded):
    assert folded("def f(p):\n    show(p)\n", user="from m import f as g\nimport m\ng('a')\nm.f('b')\n") == {"a", "b"}


def test_a_parameter_is_open_where_its_function_escapes(folded):
    assert folded("def f(p):\n    show(p)\nf('a')\nREGISTRY = [f]\n") == {"a", "<Unknown>"}


def test_a_parameter_of_the_entry_function_is_open(folded):
    assert folded("def f(p):\n    show(p)\nf('a')\n", entry=("m", "f")) == {"a", "<Unknown>"}


def test_mapping_a_function_over_a_list_is_a_call_site(folded):
    assert folded("def f(p):\n    show(p)\nlist(pool.map(f, ['a', 'b']))\n") == {"a", "b"}


def test_a_function_gives_back_what_its_arguments_make(folded):
    assert folded("import os\ndef here(*p):\n    return os.path.join('d', *p)\nshow(here('a', 'b.txt'))\n") == {"d/a/b.txt"}


def test_a_recursive_function_folds_to_something_open(folded):
    assert "<Unknown>" in folded("def f(p):\n    return f(p + 'a')\nshow(f('x'))\n")


def test_attributes_set_in_the_constructor_fold(folded):
    source = """
        class Loader:
            suffix = '.txt'
            def __init__(self, folder, *, sub='s'):
                self.folder = folder
                self.sub = sub
            def load(self, name):
                show(self.folder + '/' + self.sub + '/' + name + self.suffix)
        Loader('d').load('a')
    """
    assert folded(source) == {"d/s/a.txt"}


def test_subclasses_and_bases_share_attributes(folded):
    source = """
        class Base:
            def load(self):
                show(self.name)
        class A(Base):
            name = 'a'
        show(A().name)
    """
    assert folded(source)[1] == {"a"}


def test_what_is_appended_belongs_to_a_list(folded):
    assert folded("X = ['a']\nX.append('b')\nX += ['c']\nX.extend(('d',))\nfor x in X:\n    show(x)\n") == {"a", "b", "c", "d"}


def test_items_assigned_belong_to_a_dict(folded):
    assert folded("X = {}\nX['k'] = 'v'\nX.update(w='q')\nshow(X['k'])\n") == {"v"}


def test_members_of_an_enumeration_have_values(folded):
    source = (
        "import enum\nclass F(enum.Enum):\n    A = 'a.txt'\n    B = 'b.txt'\nshow(F.A.value)\nfor m in F:\n    show(m.value)\n"
    )
    assert folded(source) == [{"a.txt"}, {"a.txt", "b.txt"}]


def test_a_loop_that_climbs_reaches_the_folders_above(folded):
    found = folded("import os\nd = os.path.dirname(__file__)\nwhile unknown(d):\n    d = os.path.dirname(d)\nshow(d)\n")
    assert {"<root>", "/"} <= found


def test_only_the_main_guard_of_a_started_program_counts(folded):
    assert folded("P = 'a'\nif __name__ == '__main__':\n    P = 'b'\ndef f():\n    show(P)\n") == {"a"}


def test_folding_is_bounded_for_hostile_code(folded):
    lines = [
        "x0 = unknown()",
        *(f"x{i} = [x{i - 1}, x{i - 1}, f'{{x{i - 1}}}{{x{i - 1}}}'] if x{i - 1} else 'a{i}' + x{i - 1}" for i in range(1, 60)),
        "show(f'{x59}')",
    ]
    assert folded("\n".join(lines) + "\n")


def test_mutual_recursion_ends(folded):
    assert folded("def f(p):\n    return g(p)\ndef g(p):\n    return f(p) or p\nshow(f('a'))\n")
