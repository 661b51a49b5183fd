"""``clustrix.yml``, as users of upstream Clustrix have it, read as fields of our `ClusterConfig`."""

from __future__ import annotations

import importlib
from typing import Any

from clustrix_bundle.runtime.config import FIELDS, ConfigError, nearest

_RENAMED = {"ssh_port": "cluster_port", "ssh_connect_timeout": "connect_timeout"}

_WITHOUT_COUNTERPART: dict[str, Any] = {
    "api_key": None, "k8s_namespace": "default", "k8s_image": "python:3.11-slim", "k8s_service_account": None,
    "k8s_pull_policy": "IfNotPresent", "k8s_job_ttl_seconds": 3600, "k8s_backoff_limit": 3, "k8s_remote": False,
    "cloud_provider": "manual", "cloud_region": None, "cloud_auto_configure": False, "auto_provision_k8s": False,
    "local_cache_dir": "~/.clustrix/cache", "auto_gpu_parallel": True, "max_gpu_parallel_jobs": 8, "prefer_local_parallel": False,
    "local_parallel_threshold": 1000, "use_two_venv": True, "venv_setup_timeout": 300, "cost_monitoring": False,
    "use_env_password": False, "password_env_var": "", "cache_credentials": True, "credential_cache_ttl": 300,
    "replicate_local_environment": True, "excluded_packages": [], "cluster_packages": [], "venv_post_install_commands": [],
    "gpu_detection_enabled": True, "auto_gpu_packages": True, "cuda_version_preference": None, "gpu_memory_fraction": 0.9,
    "prefer_gpu_execution": True, "gpu_requirements": None, "rapids_ecosystem": False, "venv_info": None,
}  # fmt: skip
"""Fields that upstream writes and we have not, with the values it writes unasked; only those are passed over."""


def read_upstream(path: str) -> dict[str, Any]:
    """Fields of a ``clustrix.yml``.

    Raises:
        ConfigError: PyYAML is missing, the file is no mapping, or it sets something that has no counterpart here.
    """
    try:
        yaml = importlib.import_module("yaml")
    except ImportError:
        raise ConfigError(
            f"{path} is in YAML, and PyYAML is not installed: install it (pip install pyyaml), or write the fields into clustrix.toml as [profiles.NAME]",
        ) from None
    try:
        with open(path, encoding="utf-8") as stream:
            content = yaml.safe_load(stream)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: {error}") from None
    if not isinstance(content, dict):
        raise ConfigError(f"{path}: holds no mapping of fields")
    return _translate(path, content)


def _translate(path: str, content: dict[Any, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {"cluster_type": "slurm"}  # upstream's default
    for name, value in content.items():
        if name in FIELDS:
            fields[name] = value
        elif name in _RENAMED:
            fields.setdefault(_RENAMED[name], value)
        elif name not in _WITHOUT_COUNTERPART:
            # Clouds and their clusters: dozens of fields, None or a plain default each.
            cloud = str(name).startswith(("k8s_", "aws_", "azure_", "gcp_", "lambda_", "hf_", "eks_", "aks_", "gke_"))
            if not cloud:
                raise ConfigError(f"{path}: {name!r} is no field of ClusterConfig{nearest(str(name), FIELDS)}")
        elif value is not None and value != _WITHOUT_COUNTERPART[name]:
            raise ConfigError(f"{path}: {name}: {value!r} has no counterpart here; remove it from the file")
    if fields["cluster_type"] == "local" and fields.get("cluster_port") == 22:  # written unasked
        del fields["cluster_port"]
    return fields
