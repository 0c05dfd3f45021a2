"""The fourth batch, before Recon has seen it."""
