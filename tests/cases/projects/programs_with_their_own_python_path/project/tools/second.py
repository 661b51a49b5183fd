print(open("table.txt").read())
