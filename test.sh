#!/usr/bin/env bash
# Runs every check of the project: format, lints, all tests on SQLite and on PostgreSQL.
#
# Uses a PostgreSQL that answers at EMPORION_TEST_DATABASE_URL or 127.0.0.1:5432; else installs one
# (Debian, as root) or starts a private one; else says what is missing. In CI a missing server is a
# failure, never a skip.
set -euo pipefail
cd "$(dirname "$0")"

say() { printf '\n== %s\n' "$*"; }
fail() { printf 'test.sh: %s\n' "$*" >&2; exit 1; }

started=""
cleanup() {
  if [ -n "$started" ]; then
    "$started/bin/pg_ctl" -D "$started/data" -m fast stop >/dev/null 2>&1 || true
    rm -rf "$started"
  fi
}
trap cleanup EXIT

have() { command -v "$1" >/dev/null 2>&1; }

answers() { (exec 3<>"/dev/tcp/$1/$2") >/dev/null 2>&1; }

postgres_bin() {
  local dir
  for dir in /usr/lib/postgresql/*/bin /usr/local/pgsql/bin /opt/homebrew/opt/postgresql*/bin; do
    [ -x "$dir/initdb" ] && printf '%s' "$dir"
  done | tail -n 1
}

# SQLite and the memory allocator are C.
need_compiler() {
  if have cc && have make; then return; fi
  if have apt-get && [ "$(id -u)" = 0 ]; then
    say "installing a C compiler and make"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq build-essential >/dev/null
  fi
  have cc && have make || fail "a C compiler and make are missing: install them (Debian: build-essential) and run this again"
}

need_rust() {
  have cargo || fail "cargo is missing: install Rust from https://rustup.rs and run this again"
  if ! cargo nextest --version >/dev/null 2>&1; then
    say "installing cargo-nextest (once)"
    cargo install --locked cargo-nextest
  fi
}

need_postgres() {
  [ -n "${EMPORION_TEST_DATABASE_URL:-}" ] && return
  if ! answers 127.0.0.1 5432; then
    if [ -z "$(postgres_bin)" ] && have apt-get && [ "$(id -u)" = 0 ]; then
      say "installing PostgreSQL"
      apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq postgresql >/dev/null
    fi
    start_private_postgres
    return
  fi
  export EMPORION_TEST_DATABASE_URL=postgres://postgres@127.0.0.1:5432/postgres
}

start_private_postgres() {
  local bin port
  bin=$(postgres_bin)
  PATH="$PATH:$bin"
  [ -n "$bin" ] || fail "PostgreSQL is missing: install it, or set EMPORION_TEST_DATABASE_URL=postgres://user@host/database"
  port=$((20000 + RANDOM % 20000))
  started=$(mktemp -d)
  ln -s "$bin" "$started/bin"
  say "starting a private PostgreSQL on port $port"
  local as=()
  if [ "$(id -u)" = 0 ]; then
    chown -R postgres "$started"
    as=(runuser -u postgres --)
  fi
  "${as[@]}" "$bin/initdb" -D "$started/data" -U postgres -A trust >/dev/null
  "${as[@]}" "$bin/pg_ctl" -D "$started/data" -w -o "-p $port -k $started -c listen_addresses=127.0.0.1 -c max_connections=300" \
    -l "$started/log" start >/dev/null || { cat "$started/log" >&2; fail "the private PostgreSQL did not start"; }
  export EMPORION_TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
}

need_compiler
need_rust
need_postgres
have psql || PATH="$PATH:$(postgres_bin)"
have psql || fail "psql is missing: install the PostgreSQL client"
profile=default
[ -n "${CI:-}" ] && profile=ci

say "format"
cargo fmt --all --check

say "lints"
cargo clippy --workspace --all-targets --quiet -- -D warnings

say "release build, which the black-box tests start as a process"
cargo build --release --quiet --package emporion

say "tests on SQLite"
EMPORION_TEST_BACKEND=sqlite cargo nextest run --workspace --profile "$profile"

say "tests on PostgreSQL"
EMPORION_TEST_BACKEND=postgres cargo nextest run --workspace --profile "$profile"

say "documentation examples"
cargo test --workspace --doc --quiet
