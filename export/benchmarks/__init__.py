"""Speed, memory and load, each beside a baseline: `python -m export.benchmarks`."""
