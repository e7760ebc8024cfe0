"""Taking a run back: what was trashed, carried, stacked or dismissed."""
