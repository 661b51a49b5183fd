"""``unpack BUNDLE DIR``: what a bundle holds, in a folder that appears whole or not at all."""

import os
import sys

from .bundle import Bundle
from .command_line import parse, write_line
from .errors import UsageError
from .json_text import quote
from .node_copy import stage
from .private_folder import check_space
from .supervisor import termination

USAGE = """usage: python3 runtime.pyz unpack BUNDLE DIR [options]

Writes the bundle's members to DIR, which must not exist yet or be empty, after every check that `verify` makes.

  --json       one line of JSON: {"ok": true, "id": ..., "path": ...}
  --blobs DIR  where detached members are found by their SHA-256
  --id ID      refuse any other bundle
"""


def main(arguments):
    """Unpack. The exit code."""
    options = parse(arguments, USAGE, ["json"], ["blobs", "id"], 2)
    path, target = options.words[0], os.path.abspath(options.words[1])
    if os.path.lexists(target) and (os.path.islink(target) or not os.path.isdir(target) or os.listdir(target)):
        raise UsageError("%s exists already" % target)
    parent = os.path.dirname(target)
    if not os.path.isdir(parent):
        raise UsageError("the folder %s does not exist" % parent)
    with termination(), Bundle(path, options.id) as bundle:
        check_space(parent, bundle.manifest.size)
        if not stage(bundle, parent, target, options.blobs)[0]:
            raise UsageError("%s exists already" % target)
        digest = bundle.manifest.id
    if options.json:
        write_line('{"ok": true, "id": %s, "path": %s}' % (quote(digest), quote(target)))
    else:
        sys.stdout.write("unpacked to %s\n" % target)
    return 0
