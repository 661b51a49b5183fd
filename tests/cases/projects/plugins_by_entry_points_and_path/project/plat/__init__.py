__path__.append(__file__.replace("plat/__init__.py", "more"))
