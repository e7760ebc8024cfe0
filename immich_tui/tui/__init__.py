"""What the person sees. Shows and asks; holds no rule."""
