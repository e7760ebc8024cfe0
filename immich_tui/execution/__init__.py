"""What is done to the server: the one door to everything destructive."""
