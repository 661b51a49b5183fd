"""What instances of local classes have: assignments to ``self``, subclasses, fields."""


def test_an_attribute_is_what_any_method_assigns(folded):
    source = """
        class A:
            kind = "class"
            def __init__(self): self.name = "made"
            def rename(self): self.name = "renamed"
        a = A()
        show(a.name)
        show(a.kind)
    """
    assert folded(source) == [{"made", "renamed"}, {"class"}]


def test_self_in_a_base_class_may_be_any_subclass(folded):
    source = """
        class Base:
            def load(self): show(self.folder)
        class One(Base): folder = "one"
        class Two(Base): folder = "two"
    """
    assert folded(source) == {"one", "two", "<Unknown>"}


def test_fields_are_what_constructors_give_or_their_default(folded):
    source = """
        from dataclasses import dataclass
        @dataclass
        class Job:
            name: str = "default"
        jobs = [Job(name="given"), Job()]
        def run(job: Job): pass
        show(Job().name)
    """
    assert folded(source) == {"default", "given"}
