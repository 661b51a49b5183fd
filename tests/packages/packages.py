"""The packages, at their pinned versions, and the work that is asked of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Package:
    """Wheels that are unpacked into one project, and the function of ``use/<name>.py`` that is bundled with its arguments."""

    name: str
    wheels: tuple[str, ...]
    function: str
    arguments: tuple[Any, ...]


PACKAGES = (
    Package("jinja2", ("jinja2==3.1.6", "markupsafe==3.0.3"), "render", (["ada", "<grace>"],)),
    Package("babel", ("babel==2.17.0",), "speak", ("de_CH", 1234567.891)),
    Package("lark", ("lark==1.3.1",), "evaluate", ("2 * (3 + 4) - 5",)),
    Package("docutils", ("docutils==0.22.3",), "publish", ("Title\n=====\n\n* one\n* *two*\n\n.. code:: python\n\n   x = 1\n",)),
    Package("pygments", ("pygments==2.19.2",), "highlight", ("python", "def f(x):\n    return x\n")),
    Package("networkx", ("networkx==3.5",), "path", (6,)),
    Package("sqlalchemy", ("sqlalchemy==2.0.44", "typing_extensions==4.15.0"), "sums", ([["a", 1], ["b", 2], ["a", 3]],)),
    Package(
        "celery",
        (
            "celery==5.5.3",
            "kombu==5.5.4",
            "vine==5.1.0",
            "billiard==4.2.2",
            "amqp==5.3.1",
            "click==8.3.0",
            "click_didyoumean==0.3.1",
            "click_plugins==1.1.1.2",
            "click_repl==0.3.0",
            "python_dateutil==2.9.0.post0",
            "six==1.17.0",
            "tzdata==2025.2",
            "packaging==25.0",
            "prompt_toolkit==3.0.52",
            "wcwidth==0.2.14",
        ),
        "total",
        ([1, 2, 3],),
    ),
    Package("mpmath", ("mpmath==1.3.0",), "digits", (30,)),
    Package("dateutil", ("python_dateutil==2.9.0.post0", "six==1.17.0"), "fridays", ("2024-03-01 12:00", "Europe/Berlin")),
    Package("django", ("django==5.2.8", "asgiref==3.10.0", "sqlparse==0.5.3"), "page", (["ada", "<grace>"],)),
    Package("sympy", ("sympy==1.14.0", "mpmath==1.3.0"), "integral", ("x**2 * exp(x)",)),
)
