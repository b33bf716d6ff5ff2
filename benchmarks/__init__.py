"""What the server costs, measured beside a one-tool server of the same SDK: `python -m benchmarks`."""
