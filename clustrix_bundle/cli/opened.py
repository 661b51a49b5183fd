"""Opening a bundle that the user named, with errors that a command line gives."""

from __future__ import annotations

import click

from clustrix_bundle.bundler.reader import BundleReader


def open_bundle(path: str) -> BundleReader:
    """The open bundle.

    Raises:
        click.UsageError: There is no such file, or it may not be read.
        BundleFormatError: It is no bundle.
    """
    try:
        return BundleReader(path)
    except OSError as error:
        raise no_such_bundle(path, error) from error


def no_such_bundle(path: str, error: OSError) -> click.UsageError:
    """What to say of a bundle that cannot be read."""
    return click.UsageError(f"the bundle {path} cannot be read: {error.strerror or error}")
