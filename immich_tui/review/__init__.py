"""What the person decided, kept in SQLite."""
