"""Carrying metadata from losers to winners, and reading it back."""
