"""Frozen types and pure arithmetic on them: spec, facts, findings, requests, results. Standard library only."""
