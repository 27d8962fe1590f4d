# Recipes of daily work; `./test.sh` is what the build server runs.

default: check

# Lints of everything.
check:
    cargo clippy --workspace --all-targets -- -D warnings

# Tests on SQLite.
test *args:
    cargo nextest run --workspace {{args}}

# Everything the build server does.
test-all:
    ./test.sh

# A demonstration shop.
run:
    cargo run --release -- demo

fmt:
    cargo fmt --all

# Writes the generated documents again; commit them.
docs:
    UPDATE=1 cargo nextest run -p e2e documents

# Licences, advisories, sources (`cargo install --locked cargo-deny`, once).
deny:
    cargo deny check

# Benchmarks against the release build, limits measured in the same run.
bench *args:
    cargo build --release -p emporion && cargo run --release -p bench -- {{args}}

# The stories on the release binary.
e2e:
    cargo build --release -p emporion && cargo nextest run -p e2e

release:
    cargo build --release -p emporion
