"""What instances that a module holds have come to hold since the call that made them."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

import pytest
from clustrix_bundle.bundler.capture.instance_changes import changed_instance


class Account:
    def __init__(self, n, step=2, *, label=""):
        self.n = n
        self.step: int = step
        self.label = label
        self.items = []
        self.seen = set()
        self.double = n * 2
        if step:
            self.mode = "a"
            self.n2 = 0
        self.n2 = 1

    def add(self, x):
        self.n += x
        self.items.append(x)


@dataclass
class Settings:
    n: int = 3
    debug: bool = False
    tags: list = field(default_factory=list)


class Made:
    def __new__(cls):
        made = super().__new__(cls)
        made.n = 1
        return made


def _changed(value, text):
    return changed_instance(value, ast.parse(text, mode="eval").body)


@pytest.mark.parametrize(
    ("value", "text"),
    [(Account(7), "Account(7)"), (Account(1, step=0), "Account(1, step=0)"), (Settings(4), "Settings(4)"), (Made(), "Made()")],
)
def test_one_that_is_as_it_was_made_has_not_changed(value, text):
    assert _changed(value, text) == {}


def test_attributes_that_are_other_than_the_constructor_gave_have():
    account = Account(7, label="x")
    account.add(3)
    account.double = account.mode = account.n2 = 99  # only running the constructor could tell what these were
    assert _changed(account, "Account(7, label='x')") == {"n": 10, "items": [3]}
    assert _changed(account, "lib.Account(n, label=word)") == {"items": [3]}
    assert _changed(account, "Account(*given)") == {"items": [3]}
    assert _changed(account, "make(7)") == {}


def test_fields_of_a_dataclass_are_compared_with_arguments_and_defaults():
    settings = Settings(4)
    settings.debug = True
    settings.tags.append("t")
    assert _changed(settings, "Settings(n=4)") == {"debug": True, "tags": ["t"]}
