//! Stories of the whole shop; everything is in `tests/`.
