"""Report formats, one module each; its name is the ``--format``."""
