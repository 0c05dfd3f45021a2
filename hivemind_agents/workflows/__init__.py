"""Workflows: orchestration only. Every effect is a stage, which the engine keeps."""
