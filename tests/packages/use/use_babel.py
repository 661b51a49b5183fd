import datetime

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal


def speak(locale, number):
    day = datetime.date(2024, 2, 29)
    return [
        Locale.parse(locale).display_name,
        format_decimal(number, locale=locale),
        format_currency(number, "EUR", locale=locale),
        format_date(day, "full", locale=locale),
    ]
