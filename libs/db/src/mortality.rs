//! A process that dies between two commits, for tests: after so many commits nothing works any
//! more until it is revived on the same store. Without the feature `testing` nobody can ask for it.

use crate::DbError;
use std::sync::atomic::{AtomicU64, Ordering};

/// How many commits are left; [`FOREVER`] unless a test said otherwise.
#[derive(Debug)]
pub(crate) struct Mortality(AtomicU64);

const FOREVER: u64 = u64::MAX;

impl Default for Mortality {
    fn default() -> Self {
        Self(AtomicU64::new(FOREVER))
    }
}

impl Mortality {
    /// Whether work may begin.
    pub(crate) fn alive(&self) -> Result<(), DbError> {
        if self.0.load(Ordering::SeqCst) == 0 { Err(DbError::Closed) } else { Ok(()) }
    }

    /// Takes one of the commits that are left.
    pub(crate) fn take_commit(&self) -> Result<(), DbError> {
        let less = |left: u64| if left == FOREVER { Some(left) } else { left.checked_sub(1) };
        match self.0.fetch_update(Ordering::SeqCst, Ordering::SeqCst, less) {
            Ok(_) => Ok(()),
            Err(_) => Err(DbError::Closed),
        }
    }

    #[cfg(feature = "testing")]
    pub(crate) fn set(&self, commits: Option<u64>) {
        self.0.store(commits.unwrap_or(FOREVER), Ordering::SeqCst);
    }
}
