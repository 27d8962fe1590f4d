//! Comma-separated values as RFC 4180 writes them, read strictly and a piece at a time.
//!
//! A reader that forgives everything turns one stray quote into half a file of nonsense. This one
//! says on which line the quote is, goes on with the next line, and never holds more than one
//! row and the piece it was fed last.

/// The longest row, in bytes; a longer one is a quote that was never closed.
pub(crate) const MAX_ROW_BYTES: usize = 1024 * 1024;

/// A row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    /// Line of the file it begins on, from 1.
    pub(crate) line: u64,
    pub(crate) cells: Vec<String>,
}

/// A line that could not be read as a row.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Spoiled {
    pub(crate) line: u64,
    pub(crate) reason: &'static str,
}

/// Makes rows of the bytes it is fed.
#[derive(Debug)]
pub(crate) struct Reader {
    buffer: Vec<u8>,
    start: usize,
    line: u64,
    finished: bool,
    /// The rest of a spoiled line is in the pieces to come.
    skipping: bool,
}

/// How reading a row ended.
enum Outcome {
    Row { cells: Vec<String>, bytes: usize },
    Wrong(&'static str),
    Starved,
}

impl Reader {
    /// A reader whose first byte is on line `line`.
    pub(crate) fn at_line(line: u64) -> Self {
        Self { buffer: Vec::new(), start: 0, line, finished: false, skipping: false }
    }

    /// Says that the next row begins on line `line`.
    pub(crate) fn count_from(&mut self, line: u64) {
        self.line = line;
    }

    /// Takes the next piece of the file.
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        self.buffer.drain(..self.start);
        self.start = 0;
        self.buffer.extend_from_slice(bytes);
    }

    /// Takes note that there are no more pieces.
    pub(crate) fn finish(&mut self) {
        self.finished = true;
    }

    /// The next row; `None` until more is fed, or at the end. Empty lines are passed over.
    pub(crate) fn next(&mut self) -> Option<Result<Row, Spoiled>> {
        loop {
            if self.skipping {
                self.skip_line();
            }
            let rest = &self.buffer[self.start..];
            if rest.is_empty() {
                return None;
            }
            let line = self.line;
            match read(rest, self.finished) {
                Outcome::Starved => return None,
                Outcome::Wrong(reason) => {
                    self.skip_line();
                    return Some(Err(Spoiled { line, reason }));
                }
                Outcome::Row { cells, bytes } => {
                    self.advance(bytes);
                    if cells.len() > 1 || !cells[0].is_empty() {
                        return Some(Ok(Row { line, cells }));
                    }
                }
            }
        }
    }

    fn advance(&mut self, bytes: usize) {
        let eaten = &self.buffer[self.start..self.start + bytes];
        self.line += eaten.split(|byte| *byte == b'\n').count() as u64 - 1;
        self.start += bytes;
    }

    fn skip_line(&mut self) {
        let rest = &self.buffer[self.start..];
        let end = rest.iter().position(|byte| *byte == b'\n');
        let bytes = end.map_or(rest.len(), |index| index + 1);
        self.skipping = end.is_none();
        self.advance(bytes);
    }
}

/// Reads one row from the start of `bytes`; `last` says that nothing follows them.
fn read(bytes: &[u8], last: bool) -> Outcome {
    let mut cells = Vec::new();
    let mut at = 0;
    loop {
        let quoted = bytes.get(at) == Some(&b'"');
        let cell = if quoted { quoted_cell(bytes, at + 1, last) } else { plain_cell(bytes, at) };
        let (text, end) = match cell {
            Ok(found) => found,
            Err(Some(reason)) => return Outcome::Wrong(reason),
            Err(None) => return starved(bytes, last, quoted),
        };
        let end = match ending(&bytes[end.min(bytes.len())..], last) {
            Ending::Unknown => return starved(bytes, last, false),
            Ending::Text => {
                return Outcome::Wrong("has text after a closing quote; double the quotes inside a cell");
            }
            Ending::Comma => Err(end + 1),
            Ending::Row(length) => Ok(end + length),
        };
        match String::from_utf8(text) {
            Ok(text) if text.contains('\0') => {
                return Outcome::Wrong("holds a NUL character; is the file UTF-16?");
            }
            Ok(text) => cells.push(text),
            Err(_) => return Outcome::Wrong("is not UTF-8; save the file as UTF-8"),
        }
        match end {
            Ok(bytes) => return Outcome::Row { cells, bytes },
            Err(next) => at = next,
        }
    }
}

/// What follows a cell.
enum Ending {
    Comma,
    /// The end of the row, this many bytes long.
    Row(usize),
    Text,
    /// It is in the piece to come.
    Unknown,
}

fn ending(rest: &[u8], last: bool) -> Ending {
    match rest {
        [b',', ..] => Ending::Comma,
        [b'\n', ..] => Ending::Row(1),
        [b'\r', b'\n', ..] => Ending::Row(2),
        [b'\r'] if last => Ending::Row(1),
        [] if last => Ending::Row(0),
        [] | [b'\r'] => Ending::Unknown,
        _ => Ending::Text,
    }
}

fn starved(bytes: &[u8], last: bool, in_quotes: bool) -> Outcome {
    match (last, in_quotes) {
        (true, true) => Outcome::Wrong("opens a quote that is never closed"),
        _ if bytes.len() > MAX_ROW_BYTES => Outcome::Wrong("is longer than 1 MiB; is a quote not closed?"),
        _ => Outcome::Starved,
    }
}

/// The cell whose opening quote is before `at`, and where it ends; `Err(None)` without a closing quote.
fn quoted_cell(bytes: &[u8], mut at: usize, last: bool) -> Result<(Vec<u8>, usize), Option<&'static str>> {
    let mut text = Vec::new();
    loop {
        let rest = bytes.get(at..).unwrap_or_default();
        let quote = rest.iter().position(|byte| *byte == b'"').ok_or(None)?;
        text.extend_from_slice(&rest[..quote]);
        if text.len() > MAX_ROW_BYTES {
            return Err(Some("is longer than 1 MiB; is a quote not closed?"));
        }
        at += quote + 1;
        match bytes.get(at) {
            Some(b'"') => {
                text.push(b'"');
                at += 1;
            }
            // The other half of a doubled quote may be in the piece to come.
            None if !last => return Err(None),
            _ => return Ok((text, at)),
        }
    }
}

/// The cell that starts at `at`, and where it ends.
fn plain_cell(bytes: &[u8], at: usize) -> Result<(Vec<u8>, usize), Option<&'static str>> {
    let rest = &bytes[at..];
    let length = rest.iter().position(|byte| matches!(byte, b',' | b'\n' | b'"')).unwrap_or(rest.len());
    if rest.get(length) == Some(&b'"') {
        return Err(Some(
            "has a quote in the middle of a cell; put the cell in quotes and double the ones inside",
        ));
    }
    let ends_line = rest.get(length).is_none_or(|byte| *byte == b'\n');
    let text = &rest[..length];
    let text = if ends_line { text.strip_suffix(b"\r").unwrap_or(text) } else { text };
    Ok((text.to_vec(), at + text.len()))
}

/// Appends a row to `out`, quoting what needs it.
pub(crate) fn write_row<'a>(out: &mut String, cells: impl IntoIterator<Item = &'a str>) {
    for (index, cell) in cells.into_iter().enumerate() {
        if index > 0 {
            out.push(',');
        }
        if cell.contains([',', '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&cell.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(cell);
        }
    }
    out.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read_all(bytes: &[u8], piece: usize) -> Vec<Result<Row, Spoiled>> {
        let mut reader = Reader::at_line(1);
        let mut rows = Vec::new();
        for piece in bytes.chunks(piece) {
            reader.feed(piece);
            while let Some(row) = reader.next() {
                rows.push(row);
            }
        }
        reader.finish();
        while let Some(row) = reader.next() {
            rows.push(row);
        }
        rows
    }

    fn row(line: u64, cells: &[&str]) -> Row {
        Row { line, cells: cells.iter().map(|cell| (*cell).to_owned()).collect() }
    }

    #[test]
    fn cells_may_hold_commas_quotes_and_lines() {
        let text = b"a,b\r\n\"x,\"\"y\"\"\n z\",\n\n\"\",last";
        for piece in [1, 2, 3, 100] {
            let rows: Vec<Row> = read_all(text, piece).into_iter().map(Result::unwrap).collect();
            assert_eq!(
                rows,
                [row(1, &["a", "b"]), row(2, &["x,\"y\"\n z", ""]), row(5, &["", "last"])],
                "pieces of {piece}"
            );
        }
    }

    #[test]
    fn a_stray_quote_spoils_its_own_line_only() {
        let spoiled = |text: &str| {
            read_all(text.as_bytes(), 7)
                .into_iter()
                .map(|row| row.map_or_else(|bad| bad.line, |row| row.line + 100))
                .collect::<Vec<_>>()
        };
        assert_eq!(spoiled("a,5\" pipe\nb,c\n"), [1, 102]);
        assert_eq!(spoiled("a,\"open\nb,\"quoted\"\nc,d\n"), [1, 102, 103]);
        assert_eq!(spoiled("a,\"x\"y\nb,c"), [1, 102]);
        assert_eq!(spoiled("a,b\nc,\"never closed\nd,e\n"), [101, 2, 103]);
    }

    #[test]
    fn bytes_that_are_not_utf8_spoil_their_own_line_only() {
        let rows = read_all(b"a\nM\xfcller\nb\n", 3);
        assert!(matches!(&rows[1], Err(Spoiled { line: 2, reason }) if reason.contains("UTF-8")), "{rows:?}");
        assert_eq!(rows.len(), 3);
    }

    #[test]
    fn an_endless_row_is_given_up_in_bounded_memory() {
        let mut reader = Reader::at_line(1);
        reader.feed(b"\"");
        let mut spoiled = 0;
        for _ in 0..40 {
            reader.feed(&vec![b'x'; 100_000]);
            while let Some(row) = reader.next() {
                assert!(row.is_err());
                spoiled += 1;
            }
            assert!(reader.buffer.len() <= 2 * MAX_ROW_BYTES, "{}", reader.buffer.len());
        }
        assert!(spoiled > 0);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(table in proptest::collection::vec(proptest::collection::vec("[a-z,\"\n\r é]{0,8}", 2..5), 1..6), piece in 1..20_usize) {
            let mut text = String::new();
            for cells in &table {
                write_row(&mut text, cells.iter().map(String::as_str));
            }
            let rows = read_all(text.as_bytes(), piece);
            let cells: Vec<_> = rows.into_iter().map(|row| row.unwrap().cells).collect();
            prop_assert_eq!(cells, table);
        }

        #[test]
        fn no_bytes_break_the_reader(bytes in proptest::collection::vec(prop_oneof![Just(b'"'), Just(b','), Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200), piece in 1..20_usize) {
            let whole = read_all(&bytes, 1000);
            prop_assert_eq!(read_all(&bytes, piece), whole);
        }
    }
}
