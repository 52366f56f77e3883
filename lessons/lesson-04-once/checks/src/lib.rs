//! Nothing: this package is made of its tests and its benchmark.
