"""Tables of rain as text."""
