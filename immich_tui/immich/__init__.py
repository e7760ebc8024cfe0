"""What the server says: the only room that knows HTTP and JSON field names."""
