//! Messages and tasks on a real store: SQLite, or PostgreSQL with `EMPORION_TEST_BACKEND=postgres`.

// `cfg(test)` tells clippy that helpers in here may unwrap.
#[cfg(test)]
mod crash;
#[cfg(test)]
mod dead_letters;
#[cfg(test)]
mod delivery;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod outbox;
#[cfg(test)]
mod process;
#[cfg(test)]
mod relay;
#[cfg(test)]
mod retry;
#[cfg(test)]
mod running;
#[cfg(test)]
mod support;
#[cfg(test)]
mod task_timing;
#[cfg(test)]
mod tasks;
#[cfg(test)]
mod two_processes;
#[cfg(test)]
mod volume;
