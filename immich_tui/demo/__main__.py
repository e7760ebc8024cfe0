"""`python -m immich_tui.demo`."""

from immich_tui.demo.serve import main

main()
