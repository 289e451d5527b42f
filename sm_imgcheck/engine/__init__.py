"""Many candidates: which there are, running ``process`` over them, where their tensors go."""
