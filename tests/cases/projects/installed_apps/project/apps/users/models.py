M = "User"
