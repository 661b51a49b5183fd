import sympy


def integral(text):
    x = sympy.Symbol("x")
    found = sympy.integrate(sympy.sympify(text), x)
    return [str(found), sympy.latex(found), str(sympy.solve(x**2 - 2, x))]
