"""What a job's Python is: looked at before anything is queued, and built where the configuration says so (``docs/environments.md``)."""
