from pathlib import Path

from jinja2 import Environment, FileSystemLoader, select_autoescape


def render(names):
    environment = Environment(loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=select_autoescape())
    return environment.get_template("list.html").render(names=names)
