"""``verify BUNDLE``: read every byte of a bundle and check it; nothing is written."""

import sys

from .bundle import Bundle, Sink
from .command_line import parse, write_line
from .json_text import quote

USAGE = """usage: python3 runtime.pyz verify BUNDLE [options]

Reads the whole bundle and checks its seal, every member's digest and size, and that nothing in it could do harm.

  --json       one line of JSON: {"ok": true, "id": ..., "members": ..., "size": ...}
  --blobs DIR  where detached members are found by their SHA-256
  --id ID      refuse any other bundle
"""


class _Nowhere(Sink):
    def open(self, path, executable):  # noqa: ARG002
        return None


def main(arguments):
    """Verify. The exit code."""
    options = parse(arguments, USAGE, ["json"], ["blobs", "id"], 1)
    with Bundle(options.words[0], options.id) as bundle:
        bundle.deliver(_Nowhere(), options.blobs)
        manifest = bundle.manifest
    if options.json:
        line = '{"ok": true, "id": %s, "members": %d, "size": %d}'
        write_line(line % (quote(manifest.id), len(manifest.members), manifest.size))
    else:
        sys.stdout.write("good: %d members, %d bytes, id %s\n" % (len(manifest.members), manifest.size, manifest.id))
    return 0
