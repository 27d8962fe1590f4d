//! Mail addresses and texts that end in a header.

/// The most characters of a name in a header.
pub(crate) const MAX_NAME: usize = 100;
/// The most characters of a subject.
pub(crate) const MAX_SUBJECT: usize = 200;

/// The form in which addresses are compared.
pub(crate) fn normal(address: &str) -> String {
    address.trim().to_lowercase()
}

pub(crate) use api::notification::mask_address as mask;

/// Whether a character can only do harm: controls, which break headers, and marks that turn the
/// direction of what follows, which make one text look like another.
fn is_harmful(c: char) -> bool {
    let turns =
        matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}');
    c.is_control() || turns || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')
}

/// `text` on one line, without harmful characters, at most `most` characters long.
pub(crate) fn one_line(text: &str, most: usize) -> String {
    let spaced: String = text.chars().map(|c| if is_harmful(c) { ' ' } else { c }).collect();
    let words: Vec<&str> = spaced.split_whitespace().collect();
    shorten(&words.join(" "), most)
}

/// `text` with its line breaks, without other harmful characters, at most `most` characters long.
pub(crate) fn lines(text: &str, most: usize) -> String {
    let kept = text.replace("\r\n", "\n");
    let kept: String = kept.chars().filter(|c| matches!(c, '\n' | '\t') || !is_harmful(*c)).collect();
    shorten(&kept, most)
}

fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => {
            let kept: String = text.chars().take(most.saturating_sub(1)).collect();
            format!("{}…", kept.trim_end())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_header_can_be_put_into_a_name() {
        let name = one_line("Ada\r\nBcc: x@example.org\0\u{202e}gro", MAX_NAME);
        assert_eq!(name, "Ada Bcc: x@example.org gro");
        assert_eq!(one_line("\r\n\0", MAX_NAME), "");
        assert_eq!(one_line("  Ada \t Lovelace ", MAX_NAME), "Ada Lovelace");
        assert_eq!(one_line("محمد العربي", MAX_NAME), "محمد العربي");
    }

    #[test]
    fn long_texts_are_cut_between_characters() {
        let long = one_line(&"ß".repeat(5000), MAX_NAME);
        assert_eq!(long.chars().count(), MAX_NAME);
        assert!(long.ends_with('…'));
        assert_eq!(one_line(&"ß".repeat(100), MAX_NAME), "ß".repeat(100));
    }

    #[test]
    fn paragraphs_stay() {
        assert_eq!(lines("a\r\nb\n\tc\0\u{7}d", 100), "a\nb\n\tcd");
    }

    #[test]
    fn addresses_are_masked() {
        assert_eq!(mask("ada@example.org"), "a***@example.org");
        assert_eq!(mask("ü@exämple.org"), "ü***@exämple.org");
        assert_eq!(mask(""), "***");
        assert_eq!(normal(" Ada@Example.ORG "), "ada@example.org");
    }
}
