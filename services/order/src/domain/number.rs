//! Order numbers for people: `ORD-` and ten characters without look-alikes (Crockford base 32).

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The number made of 50 of these random bits.
pub(crate) fn order_number(random: [u8; 8]) -> String {
    let mut bits = u64::from_be_bytes(random);
    let mut text = String::from("ORD-");
    for _ in 0..10 {
        text.push(char::from(ALPHABET[(bits % 32) as usize]));
        bits /= 32;
    }
    text
}

/// The number a person meant: case and the look-alikes I, L and O do not matter.
pub(crate) fn parse(text: &str) -> Option<String> {
    let upper = text.trim().to_ascii_uppercase();
    let digits = upper.strip_prefix("ORD-")?;
    let plain = |c: char| match c {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let digits: String = digits.chars().map(plain).collect();
    let good = digits.len() == 10 && digits.bytes().all(|byte| ALPHABET.contains(&byte));
    good.then(|| format!("ORD-{digits}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_form_of_the_contract() {
        assert_eq!(order_number([0; 8]), "ORD-0000000000");
        assert_eq!(order_number([0xff; 8]), "ORD-ZZZZZZZZZZ");
        let number = order_number([1, 2, 3, 4, 5, 6, 7, 8]);
        assert_eq!(parse(&number).as_deref(), Some(number.as_str()));
    }

    #[test]
    fn people_may_mistake_letters_for_digits() {
        assert_eq!(parse(" ord-0O1lIabcde ").as_deref(), Some("ORD-00111ABCDE"));
        for bad in ["", "ORD-", "ORD-123", "ORD-00000000000", "XYZ-0000000000", "ORD-00000000U0", "ORD-😀"]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
