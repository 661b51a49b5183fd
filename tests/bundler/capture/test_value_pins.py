"""Values need the versions that pickled them."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from clustrix_bundle.bundler.capture.errors import CaptureError
from clustrix_bundle.bundler.capture.value_pins import pin_here

HERE = version("packaging")


def test_a_value_needs_the_version_of_the_process_that_pickled_it():
    assert pin_here(f"packaging=={HERE.partition('.')[0]}.999") == f"packaging=={HERE}"


def test_another_major_version_for_the_target_is_an_error_at_build():
    with pytest.raises(CaptureError, match=rf"packaging {HERE}, .* has packaging 1!9999"):
        pin_here("packaging==1!9999.0")


def test_what_is_not_installed_here_is_pinned_as_it_is_there():
    assert pin_here("no-such-distribution==1.0") == "no-such-distribution==1.0"
