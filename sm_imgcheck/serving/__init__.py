"""What servers take: envelopes, stacks, endpoint limits."""
