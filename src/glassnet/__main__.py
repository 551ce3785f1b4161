"""``python -m glassnet``."""

from glassnet.cli.main import main

main()
