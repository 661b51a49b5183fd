C = B + 1
