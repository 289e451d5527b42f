"""Executors: they process the chunks of a run. One module for each; its name is the choice of ``--engine``.

A module offers ``run_chunks(job, chunks, jobs)``, which yields the results of all chunks in the order of the listing.
It requests chunks as it has room for them, so the listing is ahead of the results by a bounded number of chunks only.
"""
