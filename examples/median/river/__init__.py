"""Water levels."""
