"""Slicing: which statements of an entry file that can't be imported must travel (design, rule 6; ``docs/slicing.md``)."""
