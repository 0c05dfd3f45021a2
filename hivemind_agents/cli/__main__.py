"""`python -m hivemind_agents.cli` is `hivemind`."""

import sys

from hivemind_agents.cli import main

sys.exit(main())
