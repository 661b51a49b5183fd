from company.one import f
from company.two.g import g


def run():
    return [f(1), g(2)]
