//! Names of messages: one wire form, the four spellings readers accept, and the aliases
//! (contracts §1.2 and §3.2).

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What a message is for; also the suffix of its wire name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum MessageKind {
    /// A fact, past tense.
    #[default]
    Event,
    /// A wish that something be done.
    Command,
    /// A question.
    Query,
    /// The answer to a command or query.
    Reply,
}

impl MessageKind {
    const ALL: [MessageKind; 4] = [Self::Event, Self::Command, Self::Query, Self::Reply];

    /// The suffix in the wire name: `Event`.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Event => "Event",
            Self::Command => "Command",
            Self::Query => "Query",
            Self::Reply => "Reply",
        }
    }
}

/// Names nobody publishes, and the canonical base name each one denotes (contracts §3.2).
pub const ALIASES: &[(&str, &str)] = &[
    ("AccountCreated", "UserCreated"),
    ("CustomerRegistered", "UserRegistered"),
    ("UserSuspended", "UserAccountStatusChanged"),
    ("UserActivated", "UserAccountStatusChanged"),
    ("PasswordResetRequested", "UserPasswordResetRequested"),
    ("EmailVerificationRequired", "UserEmailVerificationRequested"),
    ("TwoFactorAuthEnabled", "MfaStatusChanged"),
    ("TwoFactorAuthCode", "UserMfaCodeRequested"),
    ("PasswordChanged", "UserPasswordChanged"),
    ("OrderPlacedForAnalytics", "OrderPlaced"),
    ("OrderPaid", "OrderPaymentCompleted"),
    ("PaymentProcessed", "PaymentSucceeded"),
    ("PaymentCompleted", "PaymentSucceeded"),
    ("RefundProcessed", "RefundSucceeded"),
    ("RefundIssued", "RefundSucceeded"),
    ("PaymentRefunded", "RefundSucceeded"),
    ("LowStockWarning", "LowStockThresholdReached"),
    ("LowStockAlert", "LowStockThresholdReached"),
    ("InventoryDepleted", "OutOfStock"),
    ("InventoryRestocked", "ProductBackInStock"),
    ("BackInStock", "ProductBackInStock"),
    ("StockReserved", "InventoryReserved"),
    ("InventoryReleased", "InventoryReservationCancelled"),
    ("StockReservationReleased", "InventoryReservationCancelled"),
    ("ProductPublished", "ProductStatusChanged"),
    ("ProductUnpublished", "ProductStatusChanged"),
    ("NotificationDeliveryStatus", "NotificationDeliveryUpdate"),
    ("NotificationDeliveryUpdated", "NotificationDeliveryUpdate"),
    ("SupportTicketReply", "SupportTicketReplied"),
];

/// The longest name a reader accepts, in bytes.
const MAX_LENGTH: usize = 128;

/// The name of a message type, independent of its spelling.
///
/// ```
/// use events::TypeName;
/// for text in ["OrderCreated", "OrderCreatedEvent", "OrderCreatedEventV1", "OrderCreatedEvent.v1"] {
///     assert_eq!(text.parse::<TypeName>().unwrap().to_string(), "OrderCreatedEventV1");
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TypeName {
    /// Base name, e.g. `OrderCreated`; never an alias.
    pub base: String,
    /// Event, command, query or reply.
    pub kind: MessageKind,
    /// Major version when the spelling names one.
    major: Option<u32>,
}

impl TypeName {
    /// The name with these parts.
    pub fn new(base: impl Into<String>, kind: MessageKind, major: u32) -> Self {
        Self { base: base.into(), kind, major: Some(major) }
    }

    /// The major version; 1 when the spelling names none.
    pub fn major(&self) -> u32 {
        self.major.unwrap_or(1)
    }

    /// The major version if the spelling names it.
    pub fn written_major(&self) -> Option<u32> {
        self.major
    }

    /// The same name at another major version.
    #[must_use]
    pub fn at_major(mut self, major: u32) -> Self {
        self.major = Some(major);
        self
    }
}

/// The wire form, e.g. `OrderCreatedEventV1`.
impl fmt::Display for TypeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}V{}", self.base, self.kind.suffix(), self.major())
    }
}

impl Serialize for TypeName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// The text is no spelling of a message type.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a message type such as OrderPlacedEventV1")]
pub struct BadName(String);

impl FromStr for TypeName {
    type Err = BadName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bad = || BadName(text.chars().take(64).collect());
        let (stem, major) = split_version(text).ok_or_else(bad)?;
        if text.len() > MAX_LENGTH || !is_pascal_case(stem) {
            return Err(bad());
        }
        // An alias may end like a kind ("SupportTicketReply"), so it is looked up first.
        if let Some(canonical) = canonical(stem) {
            return Ok(Self { base: canonical.into(), kind: MessageKind::Event, major });
        }
        let suffixed = |kind: MessageKind| Some((stem.strip_suffix(kind.suffix())?, kind));
        let (base, kind) = MessageKind::ALL
            .into_iter()
            .find_map(suffixed)
            .filter(|(base, _)| is_pascal_case(base))
            .unwrap_or((stem, MessageKind::Event));
        let base = canonical(base).filter(|_| kind == MessageKind::Event).unwrap_or(base);
        Ok(Self { base: base.into(), kind, major })
    }
}

fn canonical(name: &str) -> Option<&'static str> {
    ALIASES.iter().find(|(alias, _)| *alias == name).map(|(_, canonical)| *canonical)
}

/// Splits `…V12` or `….v12`; `None` for a version that is no number from 1 on.
fn split_version(text: &str) -> Option<(&str, Option<u32>)> {
    let parse = |digits: &str| -> Option<u32> {
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        digits.parse().ok().filter(|_| plain)
    };
    if let Some((stem, version)) = text.split_once('.') {
        return Some((stem, Some(parse(version.strip_prefix('v')?)?)));
    }
    let stem = text.trim_end_matches(|c: char| c.is_ascii_digit());
    match stem.strip_suffix('V') {
        Some(before) if stem.len() < text.len() => Some((before, Some(parse(&text[stem.len()..])?))),
        _ => Some((text, None)),
    }
}

fn is_pascal_case(text: &str) -> bool {
    text.len() >= 2
        && text.starts_with(|c: char| c.is_ascii_uppercase())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn wire(text: &str) -> String {
        text.parse::<TypeName>().unwrap().to_string()
    }

    #[test]
    fn four_spellings_denote_one_message() {
        for (spelling, expected) in [
            ("OrderCreated", "OrderCreatedEventV1"),
            ("OrderCreatedEvent", "OrderCreatedEventV1"),
            ("OrderCreatedEventV1", "OrderCreatedEventV1"),
            ("OrderCreatedEvent.v1", "OrderCreatedEventV1"),
            ("OrderCreatedEventV12", "OrderCreatedEventV12"),
            ("OrderCreatedEvent.v12", "OrderCreatedEventV12"),
            ("CreateUserCommandV1", "CreateUserCommandV1"),
            ("GetUserQuery", "GetUserQueryV1"),
            ("GetUserReply.v2", "GetUserReplyV2"),
        ] {
            assert_eq!(wire(spelling), expected, "{spelling}");
        }
    }

    #[test]
    fn every_alias_is_read_in_every_spelling_and_never_written() {
        for (alias, canonical) in ALIASES {
            for spelling in ["", "Event", "EventV1", "Event.v1"] {
                assert_eq!(wire(&format!("{alias}{spelling}")), format!("{canonical}EventV1"));
            }
            assert!(ALIASES.iter().all(|(other, _)| other != canonical), "{canonical} is an alias itself");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for bad in [
            "",
            "A",
            "orderPlaced",
            "Order Placed",
            "OrderPlacedEventV0",
            "OrderPlacedEventV01",
            "OrderPlacedEvent.1",
            "OrderPlacedEvent.v",
            "OrderPlacedEvent.v1.v1",
            "Örder",
            "Order\u{0}Placed",
            "OrderPlacedEventV99999999999",
            &"A".repeat(200),
        ] {
            assert!(bad.parse::<TypeName>().is_err(), "{bad:?}");
        }
    }

    proptest! {
        #[test]
        fn the_wire_form_reads_back(base in "[A-Z][a-z]{2,10}ed", major in 1_u32..100, kind in 0_usize..4) {
            let name = TypeName::new(base, MessageKind::ALL[kind], major);
            prop_assert_eq!(name.to_string().parse::<TypeName>().unwrap(), name);
        }

        #[test]
        fn any_text_is_answered(text in "\\PC{0,40}") {
            let _no_panic = text.parse::<TypeName>();
        }
    }
}
