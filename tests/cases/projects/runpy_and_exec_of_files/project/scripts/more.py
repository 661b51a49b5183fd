import lib_for_more
B = lib_for_more.B
