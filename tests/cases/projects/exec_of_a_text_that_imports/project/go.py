import ops


def run(name):
    f = eval(name)
    g = eval("ops.mul")
    ns = {}
    exec("from late_mod import Q\nR = Q + 1", ns)
    return [f(2, 3), g(2, 3), ns["R"]]
