"""The fifth batch, before Recon has seen it."""
