from ..registry import register
from .base import CsvLoader


@register("people")
class People(CsvLoader):
    filename = "people.csv"
    schema = "person"
