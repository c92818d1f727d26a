"""genad."""
