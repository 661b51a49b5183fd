NAME = "users"
