//! How many passwords this machine can hash at once.

use std::fs;

/// One per core but one, so that the rest of the shop goes on; at most a quarter of the memory.
pub(super) fn permits(memory_kib: u32) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    permits_of(cores, memory_bytes(), memory_kib)
}

fn permits_of(cores: usize, memory_bytes: Option<u64>, memory_kib: u32) -> usize {
    let by_cores = cores.saturating_sub(1);
    let by_memory =
        memory_bytes.map_or(by_cores, |bytes| (bytes / 4 / 1024 / u64::from(memory_kib)) as usize);
    by_cores.min(by_memory).max(1)
}

/// What the container or the machine has; unknown outside of Linux.
fn memory_bytes() -> Option<u64> {
    let of_container = fs::read_to_string("/sys/fs/cgroup/memory.max").ok();
    let of_container = of_container.and_then(|text| text.trim().parse().ok());
    let of_machine = fs::read_to_string("/proc/meminfo").ok().and_then(|text| mem_total(&text));
    of_container.into_iter().chain(of_machine).min()
}

/// `MemTotal:       24684544 kB` in bytes.
fn mem_total(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().next()?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_core_is_left_for_the_shop_and_memory_is_not_exhausted() {
        assert_eq!(permits_of(1, None, 19_456), 1);
        assert_eq!(permits_of(8, None, 19_456), 7);
        assert_eq!(permits_of(64, Some(1 << 30), 19_456), 13);
        assert_eq!(permits_of(64, Some(1 << 20), 19_456), 1);
    }

    #[test]
    fn the_memory_of_a_machine_is_read_in_kib() {
        assert_eq!(mem_total("MemFree: 1 kB\nMemTotal:       24684544 kB\n"), Some(24_684_544 * 1024));
        assert_eq!(mem_total("nonsense"), None);
    }
}
