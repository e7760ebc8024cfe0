"""The last look, the delete, its confirmation and what closes a group."""
