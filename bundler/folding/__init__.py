"""Folding: what an expression can be, read from the source without running it."""
