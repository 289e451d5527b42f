"""Which candidates a run processes."""
