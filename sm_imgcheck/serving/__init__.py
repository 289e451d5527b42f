"""What servers accept: envelopes, stacks, endpoint limits."""
