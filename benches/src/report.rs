//! What was measured, beside its limit and its goal.

use std::io::Write as _;

/// Rows in the order they were measured.
#[derive(Debug, Default)]
pub(crate) struct Report(Vec<String>);

impl Report {
    /// A rate beside the limit measured in the same run.
    pub(crate) fn ratio(&mut self, what: &str, rate: f64, p99_ms: f64, limit: (&str, f64), goal: &str) {
        let ratio = if limit.1 > 0.0 { rate / limit.1 } else { 0.0 };
        self.row(format!(
            "{what:<28} {rate:>10.0}/s  p99 {p99_ms:>7.1} ms  = {ratio:.2} × {} ({:.0}/s)  goal {goal}",
            limit.0, limit.1
        ));
    }

    /// A plain number beside its goal.
    pub(crate) fn value(&mut self, what: &str, value: f64, unit: &str, goal: &str) {
        self.row(format!("{what:<28} {value:>10.2} {unit}  goal {goal} {unit}"));
    }

    fn row(&mut self, row: String) {
        let mut out = std::io::stderr().lock();
        let _closed = writeln!(out, "{row}");
        self.0.push(row);
    }

    /// Prints all rows on standard output.
    pub(crate) fn print(&self) {
        let mut out = std::io::stdout().lock();
        for row in &self.0 {
            let _closed = writeln!(out, "{row}");
        }
    }
}
