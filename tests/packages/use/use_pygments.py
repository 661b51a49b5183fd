import pygments
from pygments.formatters import get_formatter_by_name
from pygments.lexers import get_lexer_by_name


def highlight(language, text):
    formatter = get_formatter_by_name("html", style="monokai", full=True)
    return pygments.highlight(text, get_lexer_by_name(language), formatter)
