//! What the rest of the platform relies on, on the engine of `EMPORION_TEST_BACKEND`.

// `cfg(test)` tells clippy that helpers in here may unwrap.
#[cfg(test)]
mod cancellation;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod constraints;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod migrations;
#[cfg(test)]
mod parts;
#[cfg(test)]
mod server;
#[cfg(test)]
mod statements;
#[cfg(test)]
mod support;
#[cfg(test)]
mod transactions;
#[cfg(test)]
mod values;
#[cfg(test)]
mod wakeups;
