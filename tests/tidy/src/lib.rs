//! The rules of the house as tests; everything is in `tests/`.
