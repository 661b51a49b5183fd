"""Who runs jobs: processes of a machine, and schedulers, which are words (arguments to submit with, text to states) over a place's deeds."""
