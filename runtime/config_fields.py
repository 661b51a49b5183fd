"""The fields of `ClusterConfig`: their names, defaults, and what they may hold."""

import copy
import os
import re

from .quantities import parse_memory, parse_time

CLUSTER_TYPES = ("local", "ssh", "slurm", "pbs", "sge", "kubernetes")
SECRETS = ("password", "passphrase", "key_file")
"""Fields that never leave the client: not pickled, not in `ClusterConfig.to_dict`."""


class ConfigError(ValueError):
    """A field of a configuration is unknown, impossible, or contradicts another one; the message names it."""

    __module__ = "clustrix_bundle"


class NotYetSupported(NotImplementedError):  # noqa: N818 - named by the design of the public API
    """A configuration asks for something that is foreseen but not there yet; the message names the field."""

    __module__ = "clustrix_bundle"


def nearest(name, known):
    """A question about the most similar known name, to be put behind a message; empty if none is similar."""
    import difflib

    found = difflib.get_close_matches(name, known, n=1, cutoff=0.6)
    return "; did you mean {!r}?".format(found[0]) if found else ""


def _refuse(name, value, what):
    raise ConfigError("{}={!r}: {}".format(name, value, what))


def _text(name, value):
    if not isinstance(value, str) or not value or "\0" in value:
        _refuse(name, value, "must be a text that is not empty")
    return value


def _secret(name, value):
    if not isinstance(value, str) or "\0" in value:
        raise ConfigError("{}: must be a text".format(name))  # its value stays unsaid
    return value


def _word(name, value):
    _text(name, value)
    if value.startswith("-") or re.search(r"\s", value):
        _refuse(name, value, "must be one word that does not begin with '-'")
    return value


def _boolean(name, value):
    if not isinstance(value, bool):
        _refuse(name, value, "must be True or False")
    return value


def _integer(low, high):
    def check(name, value):
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            _refuse(name, value, "must be a whole number from {} to {}".format(low, high))
        return value

    return check


def _seconds(zero):
    def check(name, value):
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not (0 < value < 1e9 or (zero and value == 0)):
            _refuse(name, value, "must be a number of seconds{}".format("" if zero else " above 0"))
        return value

    return check


def _choice(*choices):
    def check(name, value):
        if value not in choices:
            _refuse(name, value, "must be one of {}{}".format(", ".join(choices), nearest(str(value), choices)))
        return value

    return check


def _quantity(parse):
    def check(name, value):
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        try:
            parse(_text(name, value))
        except ConfigError:
            raise
        except ValueError as error:
            raise ConfigError("{}: {}".format(name, error))
        return value

    return check


def _texts(name, value):
    if not isinstance(value, (list, tuple)):
        _refuse(name, value, "must be a list of texts")
    return [_text(name, item) for item in value]


def _variables(name, value):
    if not isinstance(value, dict):
        _refuse(name, value, "must be a dictionary of texts")
    for key, item in value.items():
        if not isinstance(key, str) or not re.match(r"[A-Za-z_][A-Za-z0-9_]*\Z", key):
            raise ConfigError("{}: {!r} is no name of an environment variable".format(name, key))
        if not isinstance(item, str) or "\0" in item:
            raise ConfigError("{}: the value of {} must be a text".format(name, key))
    return dict(value)


def _path(name, value):
    try:
        value = os.fspath(value)
    except TypeError:
        _refuse(name, value, "must be a path")
    if isinstance(value, bytes):
        value = os.fsdecode(value)
    return _text(name, value)


def _own_file(name, value):
    return os.path.abspath(os.path.expanduser(_path(name, value)))


def _far_folder(name, value):
    value = _path(name, value)
    if not value.startswith(("/", "~")):
        _refuse(name, value, "must be an absolute path on the cluster, or begin with ~")
    return value


def _far_folders(name, value):
    if not isinstance(value, (list, tuple)):
        _refuse(name, value, "must be a list of absolute paths")
    return [_far_folder(name, item) for item in value]


_FIELDS = (
    # name, default, check, whether None is a value
    ("cluster_type", "local", _choice(*CLUSTER_TYPES), False),
    ("cluster_host", None, _word, True),
    ("cluster_port", None, _integer(1, 65535), True),
    ("username", None, _word, True),
    ("key_file", None, _own_file, True),
    ("password", None, _secret, True),
    ("passphrase", None, _secret, True),
    ("host_key_policy", "strict", _choice("strict", "accept-new"), False),
    ("known_hosts_file", None, _own_file, True),
    ("connect_timeout", 30, _seconds(False), False),
    ("operation_timeout", 60, _seconds(False), False),
    ("local_work_dir", None, _path, True),
    ("remote_work_dir", "~/clustrix", _far_folder, False),
    ("allowed_paths", (), _far_folders, False),
    ("cache_ttl", 0, _seconds(True), False),
    ("default_cores", None, _integer(1, 1 << 20), True),
    ("default_memory", None, _quantity(parse_memory), True),
    ("default_time", None, _quantity(parse_time), True),
    ("default_partition", None, _word, True),
    ("default_queue", None, _word, True),
    ("default_account", None, _word, True),
    ("default_gres", None, _word, True),
    ("default_qos", None, _word, True),
    ("parallel_environment", None, _word, True),
    ("python_executable", "python3", _path, False),
    ("environment", "current", _choice("current", "venv"), False),
    ("build_on", "login", _choice("login", "node"), False),
    ("conda_env_name", None, _text, True),
    ("package_manager", "auto", _choice("auto", "pip", "uv"), False),
    ("environment_variables", (), _variables, False),
    ("module_loads", (), _texts, False),
    ("pre_execution_commands", (), _texts, False),
    ("outputs", "job", _choice("job", "work_dir"), False),
    ("strict", False, _boolean, False),
    ("max_parallel_jobs", 100, _integer(1, 1 << 20), False),
    ("job_poll_interval", 5, _seconds(False), False),
    ("cleanup_on_success", True, _boolean, False),
    ("auto_parallel", True, _boolean, False),
    ("async_submit", False, _boolean, False),
)
FIELDS = tuple(field[0] for field in _FIELDS)
"""Names of all fields, in the order of their description."""
_CHECKS = {name: (check, optional) for name, _, check, optional in _FIELDS}
DEFAULTS: dict = {name: default for name, default, _, _ in _FIELDS}
DEFAULTS.update(allowed_paths=[], environment_variables={}, module_loads=[], pre_execution_commands=[])
CONNECTION = ("cluster_host", "cluster_port", "username", "key_file", "password", "passphrase", "known_hosts_file")
"""Fields that mean something where a host is connected to."""


def checked(field, value, shown=None):
    """The value as the field keeps it.

    Args:
        field: One of `FIELDS`.
        value: What it is to be; None for its default.
        shown: Name that an error calls it by, if not the field's.

    Raises:
        ConfigError: The field is unknown, or the value impossible.
    """
    if field not in _CHECKS:
        raise ConfigError("{!r} is no field of ClusterConfig{}".format(field, nearest(field, FIELDS)))
    check, optional = _CHECKS[field]
    if value is None:
        return None if optional else copy.copy(DEFAULTS[field])
    return check(shown or field, value)
