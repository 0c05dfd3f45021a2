"""The run store's schema, step by step."""
