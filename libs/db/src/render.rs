//! PostgreSQL DDL in the dialect of SQLite: type words, and STRICT tables.

use crate::text::{Piece, check_verb, pieces};

/// What of `ddl` must not be in a migration: statements that steer transactions, and deferred
/// constraints, because with group commit they would fail the transactions of others.
pub(crate) fn check(ddl: &str) -> Result<(), String> {
    if pieces(ddl).any(|(piece, text)| piece == Piece::Word && text.eq_ignore_ascii_case("DEFERRABLE")) {
        return Err("deferred constraints do not work with group commit".to_owned());
    }
    let mut starts = true;
    for (piece, text) in pieces(ddl) {
        if starts && piece == Piece::Word {
            check_verb(text).map_err(|error| error.to_string())?;
        }
        starts = text == ";" || (starts && piece != Piece::Word);
    }
    Ok(())
}

/// `ddl` for SQLite. Type words are replaced where they are written in capitals outside of
/// quotes and comments; every CREATE TABLE becomes STRICT.
pub(crate) fn for_sqlite(ddl: &str) -> String {
    let mut out = String::with_capacity(ddl.len() + 64);
    let mut statement = Statement::default();
    let mut pieces = pieces(ddl).peekable();
    while let Some((piece, text)) = pieces.next() {
        match piece {
            Piece::Word => {
                statement.word(text);
                if text == "DOUBLE" {
                    let _space = pieces.next_if(|(_, text)| text.trim().is_empty());
                    let _precision = pieces.next_if(|(_, text)| *text == "PRECISION");
                }
                out.push_str(type_word(text));
            }
            Piece::Other if text == ";" => {
                statement.finish(&mut out);
                out.push(';');
            }
            Piece::Other => {
                out.push_str(text);
                statement.punctuation(text, out.len());
            }
            Piece::Opaque | Piece::Placeholder => out.push_str(text),
        }
    }
    statement.finish(&mut out);
    out
}

fn type_word(word: &str) -> &str {
    match word {
        "BIGINT" | "BOOLEAN" | "TIMESTAMPTZ" => "INTEGER",
        "UUID" | "BYTEA" => "BLOB",
        "JSONB" => "TEXT",
        "DOUBLE" => "REAL",
        other => other,
    }
}

/// The statement being read: is it a CREATE TABLE, and where does its list of columns end?
#[derive(Default)]
struct Statement {
    words: usize,
    creates: bool,
    is_table: bool,
    depth: usize,
    columns_end: Option<usize>,
}

impl Statement {
    fn word(&mut self, word: &str) {
        self.words += 1;
        match self.words {
            1 => self.creates = word.eq_ignore_ascii_case("CREATE"),
            2 => self.is_table = self.creates && word.eq_ignore_ascii_case("TABLE"),
            _ => {}
        }
    }

    fn punctuation(&mut self, text: &str, end: usize) {
        match text {
            "(" => self.depth += 1,
            ")" => {
                self.depth = self.depth.saturating_sub(1);
                if self.depth == 0 {
                    self.columns_end = Some(end);
                }
            }
            _ => {}
        }
    }

    fn finish(&mut self, out: &mut String) {
        if let (true, Some(end)) = (self.is_table, self.columns_end) {
            out.insert_str(end, " STRICT");
        }
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_become_those_of_sqlite_and_tables_strict() {
        let ddl = "CREATE TABLE a (id UUID PRIMARY KEY, n BIGINT, b BOOLEAN, t TIMESTAMPTZ,\n j JSONB, x BYTEA, d DOUBLE PRECISION NOT NULL, s TEXT);";
        let expected = "CREATE TABLE a (id BLOB PRIMARY KEY, n INTEGER, b INTEGER, t INTEGER,\n j TEXT, x BLOB, d REAL NOT NULL, s TEXT) STRICT;";
        assert_eq!(for_sqlite(ddl), expected);
    }

    #[test]
    fn quotes_comments_and_names_stay_as_they_are() {
        let ddl = "CREATE TABLE a (uuid TEXT DEFAULT 'UUID ''(BIGINT)''', \"BIGINT\" TEXT, -- UUID )\n /* JSONB; */ BIGINTS TEXT)";
        assert_eq!(for_sqlite(ddl), format!("{ddl} STRICT"));
    }

    #[test]
    fn every_table_of_a_file_becomes_strict_and_nothing_else() {
        let ddl = "-- CREATE TABLE x (\nCREATE TABLE IF NOT EXISTS a (id UUID, CHECK (length(id) > (1)))\n;\n\
            CREATE UNIQUE INDEX i ON a (lower(id)) WHERE id IS NOT NULL;\n\
            INSERT INTO a (id) VALUES ('CREATE TABLE (;)');\ncreate table b (id BIGINT) -- end\n";
        let expected = "-- CREATE TABLE x (\nCREATE TABLE IF NOT EXISTS a (id BLOB, CHECK (length(id) > (1))) STRICT\n;\n\
            CREATE UNIQUE INDEX i ON a (lower(id)) WHERE id IS NOT NULL;\n\
            INSERT INTO a (id) VALUES ('CREATE TABLE (;)');\ncreate table b (id INTEGER) STRICT -- end\n";
        assert_eq!(for_sqlite(ddl), expected);
    }

    #[test]
    fn what_does_not_belong_into_a_migration_is_refused() {
        assert!(check("CREATE TABLE a (id BIGINT); -- COMMIT;\nINSERT INTO a VALUES (1);").is_ok());
        assert!(check("CREATE TABLE a (id BIGINT); /* x */ commit;").is_err());
        assert!(check("BEGIN; CREATE TABLE a (id BIGINT)").is_err());
        assert!(check("CREATE TABLE a (id BIGINT REFERENCES b (id) DEFERRABLE INITIALLY DEFERRED)").is_err());
    }

    #[test]
    fn a_file_without_statements_stays_empty() {
        assert_eq!(for_sqlite(""), "");
        assert_eq!(for_sqlite(" -- nothing\n;;"), " -- nothing\n;;");
    }
}
