"""Data that names data and modules."""


def test_a_grammar_brings_the_grammar_that_it_imports(shipped):
    files = {
        "m.py": """
            try:
                from lark import Lark
            except ImportError:
                pass
            parser = Lark.open("g.lark", rel_to=__file__)
            def f(): return 1
        """,
        "g.lark": "%import .common.X\nstart: X",
        "common.lark": "X: /a/",
        "other.lark": "",
    }
    assert shipped("m:f", files) == {"common.lark", "g.lark"}


def test_a_pickle_brings_the_modules_of_its_globals(shipped):
    files = {
        "m.py": """
            def f():
                with open("model.pkl","rb") as h: return pickle.load(h).x
        """,
        "model.pkl": b"cmodels.linear\nModel\n.",
        "models/__init__.py": "",
        "models/linear.py": "class Model: x=1",
        "models/other.py": "",
    }
    assert shipped("m:f", files) == {"model.pkl", "models/__init__.py", "models/linear.py"}
