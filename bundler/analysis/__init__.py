"""The walk: from an entry point over the facts of its modules to the dependency graph."""
