"""``python -m enforcement``: the same as the ``enforcement`` command."""

from enforcement.cli import main

raise SystemExit(main())
