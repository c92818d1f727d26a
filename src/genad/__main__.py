"""`python -m genad` is the command line."""

import sys

from genad.cli import main

if __name__ == "__main__":
    sys.exit(main())
