//! Looks into the text of statements without understanding SQL.

use crate::DbError;
use crate::arg::Arg;

/// What a piece of SQL text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A run of letters, digits and `_`.
    Word,
    /// A placeholder: `$` and what follows it.
    Placeholder,
    /// A literal or quoted name with its quotes, or a comment.
    Opaque,
    /// One other character, or a run of white space.
    Other,
}

/// Splits `text` into pieces that, put together again, give `text`.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = (Piece, &str)> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let (piece, length) = next(rest)?;
        let (head, tail) = rest.split_at(length);
        rest = tail;
        Some((piece, head))
    })
}

fn next(rest: &str) -> Option<(Piece, usize)> {
    let first = rest.chars().next()?;
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let run = |from: usize, is: &dyn Fn(char) -> bool| {
        rest[from..].find(|c: char| !is(c)).map_or(rest.len(), |end| from + end)
    };
    Some(match first {
        '\'' | '"' => (Piece::Opaque, quoted(rest, first)),
        '-' if rest.starts_with("--") => (Piece::Opaque, rest.find('\n').unwrap_or(rest.len())),
        '/' if rest.starts_with("/*") => (Piece::Opaque, rest.find("*/").map_or(rest.len(), |end| end + 2)),
        '$' => (Piece::Placeholder, run(1, &word)),
        c if word(c) => (Piece::Word, run(0, &word)),
        c if c.is_whitespace() => (Piece::Other, run(0, &char::is_whitespace)),
        c => (Piece::Other, c.len_utf8()),
    })
}

/// The length of the quoted text `rest` starts with; a doubled quote is seen as two texts.
fn quoted(rest: &str, quote: char) -> usize {
    rest[1..].find(quote).map_or(rest.len(), |end| end + 2)
}

/// Checks that the placeholders are exactly `$1` … `$n` for `n` values.
pub(crate) fn check_placeholders(text: &str, args: &[Arg]) -> Result<(), DbError> {
    let mut used = vec![false; args.len()];
    for (_, piece) in pieces(text).filter(|(piece, _)| *piece == Piece::Placeholder) {
        let number = piece[1..].parse::<usize>().ok().filter(|number| (1..=args.len()).contains(number));
        let Some(number) = number else { return Err(mismatch(text, piece, args.len())) };
        used[number - 1] = true;
    }
    match used.iter().position(|used| !used) {
        Some(unused) => Err(unused_value(text, unused + 1)),
        None => Ok(()),
    }
}

/// The numbers of the placeholders `$1`, `$2`, … as they first occur; 0 for one with another name.
pub(crate) fn first_uses(text: &str) -> Vec<usize> {
    let bytes = text.as_bytes();
    let (mut found, mut most, mut at) = (Vec::new(), 0, 0);
    while let Some(byte) = bytes.get(at) {
        at += match byte {
            // All of these begin a character, so the text may be cut before them.
            b'\'' | b'"' | b'-' | b'/' => next(&text[at..]).map_or(1, |(_, length)| length),
            b'$' => {
                let name = next(&text[at..]).map_or("", |(_, length)| &text[at + 1..at + length]);
                let number = name.parse().unwrap_or(0);
                // Numbers rise nearly always, so the search is seldom made.
                if number > most || !found.contains(&number) {
                    found.push(number);
                    most = most.max(number);
                }
                1 + name.len()
            }
            _ => 1,
        };
    }
    found
}

pub(crate) fn mismatch(text: &str, placeholder: &str, values: usize) -> DbError {
    DbError::Usage(format!("there is no value for {placeholder}, {values} were bound: {text}"))
}

pub(crate) fn unused_value(text: &str, number: usize) -> DbError {
    DbError::Usage(format!("a value was bound to ${number}, which does not occur: {text}"))
}

/// Refuses values that only one engine would take.
pub(crate) fn check_values(args: &[Arg]) -> Result<(), DbError> {
    let nul = |arg: &Arg| matches!(arg, Arg::Text(Some(text)) if text.contains('\0'));
    if args.iter().any(nul) {
        return Err(DbError::Usage("PostgreSQL stores no text with a NUL character".into()));
    }
    Ok(())
}

/// Refuses statements that would break out of the transaction they run in.
pub(crate) fn check_verb(text: &str) -> Result<(), DbError> {
    const REFUSED: [&str; 14] = [
        "ABORT",
        "ATTACH",
        "BEGIN",
        "COMMIT",
        "DETACH",
        "END",
        "LISTEN",
        "PRAGMA",
        "PREPARE",
        "RELEASE",
        "ROLLBACK",
        "SAVEPOINT",
        "START",
        "VACUUM",
    ];
    let verb = text.trim_start().split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    if REFUSED.iter().any(|refused| refused.eq_ignore_ascii_case(verb)) {
        return Err(DbError::Usage(format!("{verb} is not a statement; use Db::begin and Tx::commit")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn check(text: &str, values: usize) -> bool {
        check_placeholders(text, &vec![Arg::Int(None); values]).is_ok()
    }

    #[test]
    fn placeholders_are_one_to_the_number_of_values() {
        assert!(check("SELECT 1", 0));
        assert!(check("a = $1 AND b = $2 OR c = $1", 2));
        assert!(check("$10 $9 $8 $7 $6 $5 $4 $3 $2 $1", 10));
        for (text, values) in [
            ("$1", 0),
            ("", 1),
            ("$1 $3", 2),
            ("$1 $3", 3),
            ("$0 $1", 1),
            ("$a", 1),
            ("$", 1),
            ("$99999999999999999999", 1),
        ] {
            assert!(!check(text, values), "{text} with {values}");
        }
    }

    #[test]
    fn values_are_bound_in_the_order_in_which_placeholders_first_occur() {
        assert_eq!(first_uses("a = $2 AND b = $1 OR c = $2 OR d = $10"), [2, 1, 10]);
        assert_eq!(first_uses("'$7' \"$6\" -- $5\n /* $4 */ ä$1 é 2-$2/$3"), [1, 2, 3]);
        assert_eq!(first_uses("$a $1b $"), [0]);
        assert_eq!(first_uses(""), [0_usize; 0]);
    }

    #[test]
    fn placeholders_in_quotes_and_comments_are_none() {
        assert!(check("'$1' \"$2\" -- $3\n /* $4 */ 'it''s $5'", 0));
        assert!(check("'$1", 0));
        assert!(check("/* $1", 0));
    }

    #[test]
    fn verbs_that_steer_transactions_are_refused() {
        for text in ["COMMIT", "  commit;", "\n\tRollback to x", "PRAGMA a", "end"] {
            assert!(check_verb(text).is_err(), "{text}");
        }
        for text in ["SELECT 1", "", "WITH x AS (SELECT 1) SELECT * FROM x", "COMMITS"] {
            assert!(check_verb(text).is_ok(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn the_pieces_of_a_text_are_the_text(text in "[a$'\"/*;() \\-\n1ß]{0,40}") {
            let whole: String = pieces(&text).map(|(_, piece)| piece).collect();
            prop_assert_eq!(whole, text);
        }
    }
}
