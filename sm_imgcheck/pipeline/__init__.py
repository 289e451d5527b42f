"""One candidate: read, measure, check, plan, apply."""
