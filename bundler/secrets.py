"""Secrets: what never ships by accident (rule 9), told by name, and by content in small text files."""

from __future__ import annotations

import fnmatch
import os
import re

from clustrix_bundle.bundler.lazy_pattern import compile_lazily

SECRET_FOLDERS = {
    ".ssh": "a folder of SSH keys",
    ".aws": "a folder of AWS credentials",
    ".azure": "a folder of Azure credentials",
    ".gnupg": "a folder of GnuPG keys",
    ".kube": "a folder of Kubernetes credentials",
    ".docker": "a folder of Docker credentials",
    ".gcloud": "a folder of Google Cloud credentials",
    "gcloud": "a folder of Google Cloud credentials",
    ".password-store": "a password store",
    ".secrets": "a folder of secrets",
    "secrets": "a folder of secrets",
}
"""Folders whose whole content is secret, by name, and what they are."""

SECRET_NAMES = (
    (".env", "holds environment settings"),
    (".env.*", "holds environment settings"),
    ("*.env", "holds environment settings"),
    (".envrc", "holds environment settings"),
    (".netrc", "holds passwords"),
    ("_netrc", "holds passwords"),
    (".pgpass", "holds passwords"),
    (".my.cnf", "holds passwords"),
    (".htpasswd", "holds passwords"),
    (".pypirc", "holds passwords"),
    (".npmrc", "holds tokens"),
    (".git-credentials", "holds credentials"),
    (".dockercfg", "holds credentials"),
    (".s3cfg", "holds credentials"),
    (".boto", "holds credentials"),
    ("kaggle.json", "holds credentials"),
    ("id_rsa*", "is a private key"),
    ("id_dsa*", "is a private key"),
    ("id_ecdsa*", "is a private key"),
    ("id_ed25519*", "is a private key"),
    ("*.pem", "is a key or certificate"),
    ("*.key", "is a key"),
    ("*.ppk", "is a private key"),
    ("*.p12", "is a key store"),
    ("*.pfx", "is a key store"),
    ("*.jks", "is a key store"),
    ("*.keystore", "is a key store"),
    ("*.kdbx", "is a password store"),
    ("credentials", "holds credentials"),
    ("credentials.*", "holds credentials"),
    ("*_credentials.*", "holds credentials"),
    ("*-credentials.*", "holds credentials"),
    ("client_secret*.json", "holds credentials"),
    ("service[-_]account*.json", "holds credentials"),
    ("secret.*", "holds secrets"),
    ("secrets.*", "holds secrets"),
    ("*_secret.*", "holds secrets"),
    ("*_secrets.*", "holds secrets"),
    ("*-secrets.*", "holds secrets"),
    ("api[-_]key*", "holds a key"),
    ("apikey*", "holds a key"),
    ("*_api_key*", "holds a key"),
    ("token", "holds a token"),
    ("*.token", "holds a token"),
    ("*_token", "holds a token"),
    ("token.json", "holds a token"),
    ("access_token*", "holds a token"),
    ("*_token.txt", "holds a token"),
    (".clustrix_password", "holds a password"),
    ("passwords.*", "holds passwords"),
    ("password.*", "holds a password"),
)
"""File names (as `fnmatch` patterns, case ignored) that are secret, and why."""

_HARMLESS = compile_lazily(r"\.(?:example|sample|template|dist|tmpl)$|\.(?:py|pyi|pyx|pub|md|rst|html)$", re.IGNORECASE)
"""Names that show what a secret would look like, public halves of keys, and code: a module called ``secrets.py`` is a module."""

_PATTERNS = [(compile_lazily(fnmatch.translate(pattern), re.IGNORECASE), reason) for pattern, reason in SECRET_NAMES]
_KEY_HEADER = compile_lazily(rb"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-\d|AGE-SECRET-KEY-1")
_CONTENT_LIMIT = 64 * 1024


def secret_name(name: str) -> str | None:
    """Why a file of that name must not ship; None for an ordinary one."""
    if _HARMLESS.search(name):
        return None
    return next((reason for pattern, reason in _PATTERNS if pattern.match(name)), None)


def secret_folder(name: str) -> str | None:
    """What a folder of that name holds if its content must not ship; None for an ordinary one."""
    return SECRET_FOLDERS.get(name.lower())


def secret_content(path: str) -> str | None:
    """Why a small file must not ship by what stands in it (the header of a private key); None for an ordinary one."""
    try:
        if os.path.getsize(path) > _CONTENT_LIMIT:
            return None
        with open(path, "rb") as file:
            content = file.read(_CONTENT_LIMIT)
    except OSError:
        return None
    return "holds a private key" if _KEY_HEADER.search(content) else None
