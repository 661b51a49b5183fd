from lark import Lark, Transformer, v_args


@v_args(inline=True)
class Calculate(Transformer):
    from operator import add, mul, neg, sub
    from operator import truediv as div

    number = float


def evaluate(text):
    parser = Lark.open("calculator.lark", rel_to=__file__, parser="lalr", transformer=Calculate())
    return parser.parse(text)
