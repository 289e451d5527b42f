"""One folder per command that is more than reading, checking and fixing one candidate."""
