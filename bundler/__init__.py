"""What must travel with a function, and packing it."""
