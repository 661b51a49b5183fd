"""Live callables: what of a running program travels with a function as code, what by value, and what cannot."""
