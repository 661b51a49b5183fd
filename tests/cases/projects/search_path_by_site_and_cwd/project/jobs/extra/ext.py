E = "e"
