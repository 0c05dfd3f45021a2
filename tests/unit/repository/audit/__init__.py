"""The third batch, before Recon has seen it."""
