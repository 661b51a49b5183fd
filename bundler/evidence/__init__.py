"""What source says beyond plain imports: names and paths that fold, strings, folders, data that names data."""
