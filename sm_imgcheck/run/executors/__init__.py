"""Engines: where the work on the chunks of a run is done. One module for each kind.

A module offers ``done(job, chunks, jobs) -> Iterator[Done]``: the records of all chunks in the order of the listing.
It takes chunks as it has room for them, so that the listing is never ahead of the work by more than a bounded number.
"""
