"""Real preprocessors against the spec that says the same: a table, a script that compares, small stored results."""
