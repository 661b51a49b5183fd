"""Module facts and the extractors that read them from source."""
