//! Double-entry rules: which accounts a capture and a refund touch. Every posting adds up to
//! nothing; the store makes it impossible to keep one that does not.
//!
//! Debits are positive, credits negative. A capture books the sale against the gateway
//! (`receivable`) and, in a posting of its own, the gateway's settlement of it (`cash`, less its
//! `fees`). A refund takes `cash` and undoes `tax` in proportion; the rest is `refunds`.

use super::Payment;
use super::refund::Refund;
use base::Currency;
use base::money::fraction_half_up;

/// The chart of accounts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Account {
    /// What the gateway owes us.
    Receivable,
    /// What the gateway holds for us.
    Cash,
    /// Sales before discounts, without tax and shipping.
    Revenue,
    /// Tax we owe.
    Tax,
    /// Shipping we charged.
    Shipping,
    /// Reductions of sales.
    Discount,
    /// Sales given back.
    Refunds,
    /// What the gateway keeps.
    Fees,
}

impl Account {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Receivable => "receivable",
            Self::Cash => "cash",
            Self::Revenue => "revenue",
            Self::Tax => "tax",
            Self::Shipping => "shipping",
            Self::Discount => "discount",
            Self::Refunds => "refunds",
            Self::Fees => "fees",
        }
    }
}

/// What the amount of a payment consists of, in minor units; what is not named is revenue.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::struct_field_names, reason = "names carry units")]
pub(crate) struct Breakdown {
    pub(crate) discount_minor: i64,
    pub(crate) tax_minor: i64,
    pub(crate) shipping_minor: i64,
}

impl Breakdown {
    /// The same proportions of a part of the money.
    fn part(self, part: i64, whole: i64) -> Self {
        if part == whole || whole <= 0 {
            return self;
        }
        let share = |minor| fraction_half_up(minor, part, whole);
        Self {
            discount_minor: share(self.discount_minor),
            tax_minor: share(self.tax_minor),
            shipping_minor: share(self.shipping_minor),
        }
    }
}

/// Entries that belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Posting {
    /// Booked at most once.
    pub(crate) business_key: String,
    pub(crate) currency: Currency,
    /// Account and amount in minor units; none is zero.
    pub(crate) entries: Vec<(Account, i64)>,
}

impl Posting {
    fn new(business_key: String, currency: Currency, entries: &[(Account, i64)]) -> Self {
        let entries = entries.iter().copied().filter(|(_, minor)| *minor != 0).collect();
        Self { business_key, currency, entries }
    }
}

/// The postings of captured money: the sale, and its settlement less `fee_minor`.
pub(crate) fn captured(payment: &Payment, fee_minor: i64) -> Vec<Posting> {
    let total = payment.captured_minor;
    let part = payment.breakdown.part(total, payment.amount.minor);
    let revenue = total - part.tax_minor - part.shipping_minor + part.discount_minor;
    let sale = [
        (Account::Receivable, total),
        (Account::Discount, part.discount_minor),
        (Account::Revenue, -revenue),
        (Account::Tax, -part.tax_minor),
        (Account::Shipping, -part.shipping_minor),
    ];
    let settlement =
        [(Account::Cash, total - fee_minor), (Account::Fees, fee_minor), (Account::Receivable, -total)];
    let key = |what: &str| format!("payment:{}:{what}", payment.id);
    let currency = payment.amount.currency;
    let postings =
        [Posting::new(key("captured"), currency, &sale), Posting::new(key("settled"), currency, &settlement)];
    postings.into_iter().filter(|posting| !posting.entries.is_empty()).collect()
}

/// The posting of a refund; `payment` is as it was before. The tax undone by all refunds together
/// is always the rounded share of what went back, so that a full refund undoes all of it.
pub(crate) fn refunded(payment: &Payment, refund: &Refund) -> Posting {
    let booked = payment.breakdown.part(payment.captured_minor, payment.amount.minor).tax_minor;
    let undone = |refunded: i64| fraction_half_up(booked, refunded, payment.captured_minor.max(1));
    let before = payment.refunded_minor;
    let tax = undone(before + refund.amount.minor) - undone(before);
    let entries = [
        (Account::Refunds, refund.amount.minor - tax),
        (Account::Tax, tax),
        (Account::Cash, -refund.amount.minor),
    ];
    Posting::new(format!("refund:{}:succeeded", refund.id), refund.amount.currency, &entries)
}
