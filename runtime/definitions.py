"""Functions and classes that travel as source: found again in the code that the source compiles to.

A definition names a piece of source (whole statements of one file), the line it starts on, and a path through the code
objects that compiling it gives. It is compiled and searched, never executed, so that a nested function can be rebuilt
without calling the function around it. The same file serves both ends: the client computes the path, the job follows it.
"""

import types

TRANSPARENT = ("<listcomp>", "<setcomp>", "<dictcomp>")

_compiled = {}  # type: ignore[var-annotated]


def compile_definition(text, first_line, filename, flags):
    """The module code of `text`, whose first line is line `first_line` of `filename`; `flags` are ``__future__``'s."""
    key = (text, first_line, filename, flags)
    if key not in _compiled:
        padded = "\n" * (first_line - 1) + text
        _compiled[key] = compile(padded, filename, "exec", flags=flags, dont_inherit=True)
    return _compiled[key]


def children(code):
    """Code objects of the functions, classes and lambdas directly in `code`, in order.

    Comprehensions (code objects of their own before 3.12) and the scopes of type parameters (since 3.12) are looked
    through, so that a path means the same in every version.
    """
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            if constant.co_name in TRANSPARENT or constant.co_name.startswith("<generic parameters of"):
                for child in children(constant):
                    yield child
            else:
                yield constant


def steps(code):
    """``(step, child)`` for each child: a step is name, first line, and the count of earlier ones alike."""
    seen = {}  # type: ignore[var-annotated]
    for child in children(code):
        alike = (child.co_name, child.co_firstlineno)
        count = seen.get(alike, 0)
        seen[alike] = count + 1
        yield alike + (count,), child


def follow(code, path):
    """The code object at `path`, a sequence of steps; LookupError where this Python compiled the source otherwise."""
    for wanted in path:
        for step, child in steps(code):
            if step == tuple(wanted):
                code = child
                break
        else:
            raise LookupError("no %r at line %d in the shipped source" % (wanted[0], wanted[1]))
    return code
