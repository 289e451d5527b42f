"""Real preprocessors against the equivalent spec: a table, a script that compares, small stored results."""
