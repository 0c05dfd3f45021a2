"""The second batch, before Recon has seen it."""
