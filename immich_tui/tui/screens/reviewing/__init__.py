"""The review screen by what a person does in it: look, move, decide, list, act on many groups."""
