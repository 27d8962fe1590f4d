//! What a good password is (security.md §3, after ASVS 6.2 and NIST 800-63B): long enough, not
//! common, not made of the address or the shop's name. No rules about kinds of characters.

use super::email;
use std::collections::HashSet;
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization as _;

/// Code points of the longest password; `auth` refuses longer ones too.
pub(crate) const MAX_CODE_POINTS: usize = auth::password::MAX_CODE_POINTS;

/// The rules of this shop.
#[derive(Clone, Debug)]
pub(crate) struct Policy {
    /// Code points of a customer's shortest password.
    pub(crate) min_length: usize,
    /// Code points of a staff member's shortest password.
    pub(crate) staff_min_length: usize,
    /// A password must not consist of the shop's name.
    pub(crate) shop_name: String,
}

/// What is wrong with a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Fewer code points than this.
    TooShort(usize),
    /// More code points or bytes than `auth` hashes.
    TooLong,
    /// Among the first that everybody guesses.
    Common,
    /// Mostly the part of the mail address before the `@`.
    LikeEmail,
    /// Mostly the name of the shop.
    LikeShopName,
    /// Hardly any different characters.
    Repetitive,
}

impl Flaw {
    /// Stable code of the field error.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Flaw::TooShort(_) => "too-short",
            Flaw::TooLong => "too-long",
            Flaw::Common => "common",
            Flaw::LikeEmail => "like-email",
            Flaw::LikeShopName => "like-shop-name",
            Flaw::Repetitive => "repetitive",
        }
    }

    /// A sentence for the person who chose it.
    pub(crate) fn message(self) -> String {
        match self {
            Flaw::TooShort(least) => format!("at least {least} characters"),
            Flaw::TooLong => format!("at most {MAX_CODE_POINTS} characters"),
            Flaw::Common => "this password is one of the first that attackers try".into(),
            Flaw::LikeEmail => "must not be made of your mail address".into(),
            Flaw::LikeShopName => "must not be made of the name of the shop".into(),
            Flaw::Repetitive => "must have more different characters".into(),
        }
    }
}

impl Policy {
    /// What is wrong with `password` for the account of `address`; nothing if it is good.
    pub(crate) fn flaws(&self, password: &str, address: &str, staff: bool) -> Vec<Flaw> {
        if password.len() > auth::password::MAX_BYTES {
            return vec![Flaw::TooLong];
        }
        let normal: String = password.nfkc().collect();
        let length = normal.chars().count();
        let least = if staff { self.staff_min_length } else { self.min_length };
        let too_long = length > MAX_CODE_POINTS || normal.len() > auth::password::MAX_BYTES;
        let folded = email::fold(password);
        let found = [
            (length < least, Flaw::TooShort(least)),
            (too_long, Flaw::TooLong),
            (is_common(&folded), Flaw::Common),
            (is_mostly(&folded, &email::local_part(address)), Flaw::LikeEmail),
            (is_mostly(&folded, &email::fold(&self.shop_name)), Flaw::LikeShopName),
            (is_repetitive(&folded), Flaw::Repetitive),
        ];
        found.into_iter().filter(|(wrong, _)| *wrong).map(|(_, flaw)| flaw).collect()
    }
}

/// The commonest passwords that are not a word with an ending, one per line, in lower case.
static PASSWORDS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| lines(include_str!("../../data/common_passwords.txt")));
/// The words people make passwords of, one per line, in lower case.
static WORDS: LazyLock<HashSet<&str>> = LazyLock::new(|| lines(include_str!("../../data/common_words.txt")));

fn lines(text: &'static str) -> HashSet<&'static str> {
    text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect()
}

/// Whether it is a listed password, or a listed word with one of the endings everybody uses, also
/// when letters were replaced by the digits that look like them.
fn is_common(folded: &str) -> bool {
    let listed =
        |text: &str| PASSWORDS.contains(text) || without_ending(text).any(|stem| WORDS.contains(stem));
    // The ending is cut before digits are read as letters, or `1` would become an `l` of the word.
    listed(folded) || without_ending(folded).any(|stem| listed(&unmasked(stem)))
}

/// The text without what people append to please a rule: digits of a count or year, then marks.
fn without_ending(text: &str) -> impl Iterator<Item = &str> {
    let unmarked = text.trim_end_matches(['!', '.', '?', '*', '#', '$', '@', '_', '-', '+']);
    let marks = text.len() - unmarked.len();
    let stem = unmarked.trim_end_matches(|c: char| c.is_ascii_digit());
    let digits = &unmarked[stem.len()..];
    [Some(text), (marks <= 3).then_some(unmarked), (marks <= 3 && is_usual(digits)).then_some(stem)]
        .into_iter()
        .flatten()
}

/// Whether people append these digits: up to two, a year, a repetition or a count.
fn is_usual(digits: &str) -> bool {
    let year = digits.len() == 4 && (digits.starts_with("19") || digits.starts_with("20"));
    let repeated = digits.bytes().all(|digit| digits.as_bytes().first() == Some(&digit));
    let counted = "01234567890".contains(digits) || "09876543210".contains(digits);
    digits.len() <= 2 || year || repeated || counted || matches!(digits, "007" | "420" | "786" | "123123")
}

/// Digits and marks read as the letters they stand for.
fn unmasked(text: &str) -> String {
    let letter = |c| match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' | '€' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        other => other,
    };
    text.chars().map(letter).collect()
}

/// Whether little is left of it without `word`. Words of fewer than four characters are too
/// common within others.
fn is_mostly(folded: &str, word: &str) -> bool {
    let letters = word.chars().count();
    letters >= 4 && folded.contains(word) && folded.replace(word, "").chars().count() < 6
}

fn is_repetitive(folded: &str) -> bool {
    let different: HashSet<char> = folded.chars().collect();
    folded.chars().count() >= 4 && different.len() < 4
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn policy() -> Policy {
        Policy { min_length: 8, staff_min_length: 15, shop_name: "Emporion".into() }
    }

    fn flaws(password: &str) -> Vec<Flaw> {
        policy().flaws(password, "ada.lovelace@example.org", false)
    }

    #[test]
    fn good_passwords_need_no_digit_or_mark() {
        for good in [
            "correct horse battery staple",
            "tangerine-oboe-fjord",
            "пароль с пробелами",
            "漢字漢字仮名交じり文",
            "Tr0ub4dor&3x",
            "🦊🐢🐙🦑🐝🦋🐌🐞",
            "emporion is where I buy my teapots",
            "ada.lovelace likes long sentences",
        ] {
            assert_eq!(flaws(good), [], "{good}");
        }
    }

    #[test]
    fn what_everybody_guesses_first_is_refused() {
        for bad in [
            "password",
            "Password1",
            "PASSWORD123!",
            "P@ssw0rd",
            "p4ssw0rd2024",
            "12345678",
            "1234567890",
            "qwertyuiop",
            "Qwerty123",
            "iloveyou",
            "sunshine1",
            "Summer2024!",
            "letmein123",
            "football99",
            "1q2w3e4r5t",
            "trustno1",
            "princess!!",
            "ｐａｓｓｗｏｒｄ",
            "abcd1234",
            "asdfghjkl",
            "welcome123",
        ] {
            assert!(flaws(bad).contains(&Flaw::Common), "{bad}");
        }
    }

    #[test]
    fn the_address_and_the_shop_are_no_passwords() {
        assert!(flaws("Ada.Lovelace1815").contains(&Flaw::LikeEmail));
        assert!(flaws("Emporion2026").contains(&Flaw::LikeShopName));
    }

    #[test]
    fn lengths_are_counted_in_code_points_after_normalisation() {
        assert_eq!(flaws("xk3!vq7"), [Flaw::TooShort(8)]);
        assert_eq!(flaws("ñandúñ€7"), []);
        assert_eq!(
            flaws("n\u{303}andu\u{301}n"),
            [Flaw::TooShort(8)],
            "seven letters, nine code points typed"
        );
        assert_eq!(policy().flaws("xk3!vq7 zebra", "a@b.example", true), [Flaw::TooShort(15)]);
        let long = "a b c d ".repeat(16);
        assert_eq!(flaws(&long), []);
        assert_eq!(flaws(&format!("{long}x")), [Flaw::TooLong]);
        assert!(
            flaws(&"\u{fdfa}x".repeat(60)).contains(&Flaw::TooLong),
            "one code point that becomes eighteen"
        );
        assert_eq!(flaws(&"a".repeat(10_000_000)), [Flaw::TooLong]);
    }

    #[test]
    fn repetition_is_refused() {
        assert!(flaws("aaaaaaaaaa").contains(&Flaw::Repetitive));
        assert!(flaws("abababababab").contains(&Flaw::Repetitive));
    }

    #[test]
    fn the_lists_hold_what_can_be_compared() {
        for entry in PASSWORDS.iter().chain(WORDS.iter()) {
            assert_eq!(email::fold(entry), **entry, "not folded");
            assert_eq!(entry.trim(), *entry);
        }
        assert!(PASSWORDS.len() > 300 && WORDS.len() > 700, "{} {}", PASSWORDS.len(), WORDS.len());
    }

    proptest! {
        #[test]
        fn any_text_is_judged(password in "\\PC{0,200}", address in "\\PC{0,60}") {
            let _no_panic = policy().flaws(&password, &address, true);
        }
    }
}
