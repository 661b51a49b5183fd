"""The words of a command with holes, as a shell splits it."""

from __future__ import annotations

import re

from clustrix_bundle.bundler.folding.value import Hole, Part, Text, literal, text


def split_words(value: Text) -> list[Text]:
    """The words of a shell command with holes; what stands between commands (``;``, ``&&``, ``|``) is a word of its own."""
    if value.constant is not None:
        import shlex  # noqa: PLC0415 - for projects that start programs

        lexer = shlex.shlex(value.constant, posix=True, punctuation_chars=True)
        lexer.whitespace_split = True
        lexer.commenters = ""
        try:
            return [literal(word) for word in lexer]
        except ValueError:
            return [literal(word) for word in value.constant.split()]
    words: list[list[Part]] = [[]]
    for part in value.parts:
        if isinstance(part, Hole):
            words[-1].append(part)
            continue
        pieces = re.split(r"[\s()\"']+|([;|&<>]+)", part)
        for index, piece in enumerate(pieces):
            if index == 0:
                words[-1].append(piece)
            elif piece is not None:
                words.append([piece])
    return [
        Text(text(word).parts, anchored=value.anchored and index == 0) for index, word in enumerate(words) if text(word).parts
    ]
