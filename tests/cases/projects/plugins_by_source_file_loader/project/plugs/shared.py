S = "s"
