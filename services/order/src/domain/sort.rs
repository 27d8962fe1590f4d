//! In which order orders are listed.

/// What a list is ordered by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// When it was accepted.
    Created,
    /// When it was placed; one that is not placed yet by when it was accepted.
    Placed,
    /// What it costs. Amounts of different currencies do not compare: by currency first.
    Total,
    /// Its number.
    Number,
}

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sort {
    pub(crate) by: By,
    /// Whether the largest comes first (`-createdAt`: the latest first).
    pub(crate) descending: bool,
}

impl Sort {
    /// The order when the client does not say: the latest first.
    pub(crate) const USUAL: Self = Self { by: By::Created, descending: true };

    /// The order `text` names, e.g. `createdAt` or `-createdAt`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (descending, name) = text.strip_prefix('-').map_or((false, text), |name| (true, name));
        let by = match name {
            "createdAt" => By::Created,
            "placedAt" => By::Placed,
            "totalAmount" => By::Total,
            "orderNumber" => By::Number,
            _ => return None,
        };
        Some(Self { by, descending })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minus_turns_an_order_round_and_other_words_are_none() {
        assert_eq!(Sort::parse("-createdAt"), Some(Sort::USUAL));
        assert_eq!(Sort::parse("totalAmount"), Some(Sort { by: By::Total, descending: false }));
        for text in ["", "-", "--createdAt", "created_at", "total"] {
            assert_eq!(Sort::parse(text), None, "{text}");
        }
    }
}
