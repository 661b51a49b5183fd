"""Frameworks that import what strings in the user's code name, out of sight: Django settings, Celery, Scrapy, Hydra, …"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clustrix_bundle.bundler.evidence.call_shapes import is_of_import
from clustrix_bundle.bundler.evidence.callees import CallRule
from clustrix_bundle.bundler.folding.value import External

if TYPE_CHECKING:
    from clustrix_bundle.bundler.analysis.world import LoadedModule
    from clustrix_bundle.bundler.evidence.reading import Reading

_CALLS = frozenset(
    [
        "django.setup",
        "django.core.management.call_command",
        "django.core.management.execute_from_command_line",
        "django.core.wsgi.get_wsgi_application",
        "django.core.asgi.get_asgi_application",
        "django.conf.settings.configure",
        "celery.Celery",
        "scrapy.crawler.CrawlerProcess",
        "scrapy.crawler.CrawlerRunner",
        "scrapy.utils.project.get_project_settings",
        "hydra.utils.instantiate",
        "hydra.utils.call",
        "logging.config.dictConfig",
        "logging.config.fileConfig",
        "pyramid.config.Configurator",
        "stevedore.driver.DriverManager",
        "uvicorn.run",
        "gunicorn.app.wsgiapp.run",
        "airflow.DAG",
        "kedro.framework.session.KedroSession.create",
        "gin.parse_config_file",
        "gin.parse_config",
        "mmengine.Config.fromfile",
    ]
)
_LAST_NAMES = frozenset(name.rpartition(".")[2] for name in _CALLS)
_SETTING_UP = CallRule(_LAST_NAMES.__contains__, is_of_import, _CALLS.__contains__)


def imports_strings(reading: Reading, module: LoadedModule) -> bool:
    """Whether the module sets up a framework that imports modules by strings."""
    if reading.world.may_hold(module, b"DJANGO_SETTINGS_MODULE"):
        return any(text.value == "DJANGO_SETTINGS_MODULE" for text in reading.texts(module))
    for call in reading.calls(module, _SETTING_UP):
        if any(isinstance(callee, External) and callee.name in _CALLS for callee in reading.folder.callee_of(call, module)):
            return True
    return False
