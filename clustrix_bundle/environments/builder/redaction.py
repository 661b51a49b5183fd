"""Texts without what URLs in them prove: installers, and their errors, tell the index that they ask, with its user, password and token."""

import re

_URL = re.compile(
    r"(?P<scheme>\b[A-Za-z][A-Za-z0-9+.-]*://)(?P<user>[^/?#\s\"'<>`]*@)?(?P<path>[^?\s\"'<>`]*)(?P<query>\?[^\s\"'<>`]*)?"
)
_PATH = re.compile(r"(?P<path>(?<![^\s\"'(=`])/[^?\s\"'<>`]*)(?P<query>\?[^\s\"'<>`]+)")
"""A URL's path alone, as errors of connections have it: ``Max retries exceeded with url: /simple?token=…/numpy/ (Caused by …)``."""
_ENDS = ",.;:)]}"
"""What follows a URL in a sentence."""


def redact(text):
    """The text; of each URL in it user and password, and all of the query, are ``****``."""
    return _PATH.sub(_shown, _URL.sub(_shown, text))


def _shown(found):
    parts = found.groupdict()
    query = parts["query"] or ""
    told = query.rstrip(_ENDS)
    hidden = "?****" + query[len(told) :] if len(told) > 1 else query
    return parts.get("scheme", "") + ("****@" if parts.get("user") else "") + parts["path"] + hidden
