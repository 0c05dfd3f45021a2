"""The agents: they choose and parameterise verbs, and read what verbs report."""
