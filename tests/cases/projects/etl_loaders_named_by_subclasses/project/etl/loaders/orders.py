from ..registry import register
from .base import CsvLoader


@register("orders")
class Orders(CsvLoader):
    filename = "orders.csv"
    schema = "order"
