"""Figures: what the cockpit does in how much time, held against something that everybody knows. `make bench`."""
