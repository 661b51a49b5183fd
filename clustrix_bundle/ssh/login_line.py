"""The command that a login shell is given: one line that sh, bash, tcsh and fish read alike.

It is ``/bin/sh -c`` and words of base64: two constant programs (`SCRIPT`, for sh, and `bootstrap`, for Python) and their parameters.
Nothing in it is quoted but a constant, and no path ever stands in it as itself.
"""

from __future__ import annotations

import base64
import functools
import os
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from clustrix_bundle.runtime.config import ClusterConfig

# Standard input belongs to the agent, standard output is told apart from noise, so the site's scripts get neither.
# A profile that replaces PATH (Debian's does) must not hide what the user's own shell has put there.
SCRIPT = r"""
decode() { printf %s "$1" | base64 -d 2>/dev/null || printf %s "$1" | openssl base64 -d -A; }
plain() { value=$(decode "$1"); value=${value%x}; }
trouble() { printf '\nclustrix-trouble %s %s\n' "$1" "$2" >&2; exit 97; }
program=$1 digest=$2 work_dir=$3 wanted=$4
shift 4
exec 3>&1 1>&2
before=$PATH
if [ -r /etc/profile ]; then . /etc/profile </dev/null; fi
case ":$PATH:" in *":$before:"*) ;; *) PATH=$before:$PATH ;; esac
for word in "$@"; do
    plain "$word"
    command -v module >/dev/null || trouble no-module "$word"
    module load "$value" </dev/null || trouble module "$word"
done
export PATH
exec 1>&3 3>&-
plain "$wanted"
case $value in "~/"*) value=$HOME/${value#"~/"} ;; esac
if ! command -v "$value" >/dev/null 2>&1; then
    [ "$value" = python3 ] || trouble no-python "$wanted"
    for value in python3.14 python3.13 python3.12 python3.11 python3.10 python3.9 python3.8 python3.7 python3.6 \
        /usr/libexec/platform-python python ""; do
        [ -n "$value" ] || trouble no-python "$wanted"
        ! "$value" -c 'import sys; sys.exit(sys.version_info < (3, 6))' </dev/null >/dev/null 2>&1 || break
    done
fi
exec "$value" -I -X utf8 -c "$(decode "$program")" "$digest" "$work_dir" "$wanted"
"""

_LINE = '/bin/sh -c \'eval "$(printf %s "$0" | base64 -d 2>/dev/null || printf %s "$0" | openssl base64 -d -A)"\' {}'


def render_login_line(config: ClusterConfig, digest: str) -> str:
    """The line that starts the agent of that runtime.

    Args:
        config: Its work dir, Python and modules count.
        digest: SHA-256 of ``runtime.pyz``.
    """
    words = [_encode(SCRIPT.encode()), _program(), _encode(digest.encode()), _text(config.remote_work_dir)]
    words += [_text(config.python_executable + "x"), *(_text(name + "x") for name in config.module_loads)]
    return _LINE.format(" ".join(words))


def _text(value: str) -> str:
    return _encode(os.fsencode(value))


def _encode(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


@functools.cache
def _program() -> str:
    """`bootstrap`, without its prose, in base64; packed, which a Python of any age unpacks."""
    from clustrix_bundle.bundler.runtime_file import without_prose  # noqa: PLC0415 - where a connection is made

    with open(os.path.join(os.path.dirname(__file__), "bootstrap.py"), "rb") as file:
        packed = _encode(zlib.compress(without_prose(file.read()), 9))
    return _encode(
        f"import base64,zlib\nexec(compile(zlib.decompress(base64.b64decode('{packed}')),'bootstrap','exec'))".encode()
    )
