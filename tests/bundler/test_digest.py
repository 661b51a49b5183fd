"""SHA-256 with and without OpenSSL."""

import hashlib
import sys

import pytest
from clustrix_bundle.bundler import digest

CONTENTS = [b"", b"abc", b"x" * 100_000]


@pytest.mark.parametrize("loaded", [True, False])
@pytest.mark.parametrize("content", CONTENTS, ids=len)
def test_digests_are_those_of_hashlib(monkeypatch, content, loaded):
    monkeypatch.setattr(digest, "_left", digest.LITTLE)
    if not loaded:
        monkeypatch.delitem(sys.modules, "_hashlib", raising=False)
    made = digest.sha256(content)
    assert made.hexdigest() == hashlib.sha256(content).hexdigest()
    made.update(b"more")
    assert made.digest() == hashlib.sha256(content + b"more").digest()


def test_much_is_digested_by_openssl_however_it_comes(monkeypatch):
    monkeypatch.setattr(digest, "_left", digest.LITTLE)
    monkeypatch.delitem(sys.modules, "_hashlib", raising=False)
    kinds = [type(digest.sha256(b"x" * (digest.LITTLE // 2))).__module__ for _ in range(3)]
    assert kinds == [kinds[0], kinds[0], type(hashlib.sha256()).__module__]
    assert kinds[0] in ("_sha256", "_sha2")
