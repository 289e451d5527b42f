"""What a run keeps of its work, so that a later run with --resume does only what is missing."""
