import sys
import types

from clustrix_bundle.bundler.capture.lookup import MISSING, looked_up


def test_a_name_that_a_module_loads_when_it_is_asked_for_leads_to_its_object(monkeypatch):
    lazy = types.ModuleType("lazy_names")

    class Thing:
        __module__ = "lazy_names"

    def load(name):
        if name == "Thing":
            return Thing
        raise ImportError(name) if name == "broken" else AttributeError(name)

    lazy.__getattr__ = load
    monkeypatch.setitem(sys.modules, "lazy_names", lazy)
    assert looked_up("lazy_names", "Thing") is Thing
    assert looked_up("lazy_names", "other") is MISSING
    assert looked_up("lazy_names", "broken") is MISSING
    assert looked_up("nowhere", "Thing") is MISSING
