//! Blocks of memory for argon2, used again and again: 19 MiB per sign-in from the allocator would
//! be returned to the system each time and zeroed on the way back.

use argon2::Block;
use std::sync::{Mutex, PoisonError};

/// Memory for hashes of the usual size.
pub(super) struct Pool {
    blocks_each: usize,
    keep: usize,
    free: Mutex<Vec<Vec<Block>>>,
}

impl Pool {
    /// Keeps up to `keep` pieces of `blocks_each` blocks.
    pub(super) fn new(blocks_each: usize, keep: usize) -> Self {
        Self { blocks_each, keep, free: Mutex::new(Vec::new()) }
    }

    /// Runs `work` on `count` blocks; larger ones than usual are not kept.
    pub(super) fn with<T>(&self, count: usize, work: impl FnOnce(&mut [Block]) -> T) -> T {
        if count > self.blocks_each {
            return work(&mut vec![Block::new(); count]);
        }
        let reused = self.free.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut blocks = reused.unwrap_or_else(|| vec![Block::new(); self.blocks_each]);
        let result = work(&mut blocks[..count]);
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        if free.len() < self.keep {
            free.push(blocks);
        }
        result
    }
}
