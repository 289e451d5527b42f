"""Many candidates: list them, run ``process`` over them, write their tensors."""
