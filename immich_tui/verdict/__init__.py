"""What we think: pure rules, no I/O, no clock, no screen."""
