"""Benchmarks and trials on real input; no part of the package, never run by the tests."""
