//! The list of templates and their sources, embedded in the binary.

use super::words::Language;
use api::notification::Category;
use serde_json::{Map, Value};

/// The sources of a template in one language.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Source {
    pub(crate) language: Language,
    /// HTML part: what stands inside `layout.mjml`.
    pub(crate) mjml: &'static str,
    /// Subject line and text part.
    pub(crate) text: &'static str,
}

/// A template.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) name: &'static str,
    pub(crate) category: Category,
    /// Variables that may be left out.
    pub(crate) optional: &'static [&'static str],
    /// Whether customers find it in their list of notifications: not if it only carries a secret.
    pub(crate) in_app: bool,
    pub(crate) sources: [Source; 2],
    /// Values for previews and tests; `{home}` stands for the public address.
    pub(crate) sample: &'static str,
}

impl Entry {
    const fn new(
        name: &'static str,
        category: Category,
        sample: &'static str,
        sources: [[&'static str; 2]; 2],
    ) -> Self {
        let [[english_mjml, english_text], [german_mjml, german_text]] = sources;
        let english = Source { language: Language::English, mjml: english_mjml, text: english_text };
        let german = Source { language: Language::German, mjml: german_mjml, text: german_text };
        Self { name, category, optional: &[], in_app: true, sources: [english, german], sample }
    }

    const fn optional(self, optional: &'static [&'static str]) -> Self {
        Self { optional, ..self }
    }

    /// Carries a secret link, whose end a caller may leave out.
    const fn secret(self, optional: &'static [&'static str]) -> Self {
        Self { in_app: false, optional, ..self }
    }
}

/// What surrounds every HTML part.
pub(crate) const LAYOUT_MJML: &str = include_str!("../../templates/layout.mjml");
/// What surrounds every text part.
pub(crate) const LAYOUT_TEXT: &str = include_str!("../../templates/layout.txt");

/// Parts of HTML parts, by the path an `mj-include` names.
pub(crate) const MJML_PARTIALS: [(&str, &str); 2] = [
    ("lines.mjml", include_str!("../../templates/partials/lines.mjml")),
    ("address.mjml", include_str!("../../templates/partials/address.mjml")),
];

/// Parts of text parts, by the name an `include` uses.
pub(crate) const TEXT_PARTIALS: [(&str, &str); 2] = [
    ("lines.txt", include_str!("../../templates/partials/lines.txt")),
    ("address.txt", include_str!("../../templates/partials/address.txt")),
];

/// Every template.
pub(crate) const ENTRIES: [Entry; 13] = [
    Entry::new(
        "verify-email",
        Category::Security,
        include_str!("../../templates/verify-email/sample.json"),
        [
            [
                include_str!("../../templates/verify-email/en.mjml"),
                include_str!("../../templates/verify-email/en.txt"),
            ],
            [
                include_str!("../../templates/verify-email/de.mjml"),
                include_str!("../../templates/verify-email/de.txt"),
            ],
        ],
    )
    .secret(&["expiresAt"]),
    Entry::new(
        "set-password",
        Category::Security,
        include_str!("../../templates/set-password/sample.json"),
        [
            [
                include_str!("../../templates/set-password/en.mjml"),
                include_str!("../../templates/set-password/en.txt"),
            ],
            [
                include_str!("../../templates/set-password/de.mjml"),
                include_str!("../../templates/set-password/de.txt"),
            ],
        ],
    )
    .secret(&["expiresAt"]),
    Entry::new(
        "password-reset",
        Category::Security,
        include_str!("../../templates/password-reset/sample.json"),
        [
            [
                include_str!("../../templates/password-reset/en.mjml"),
                include_str!("../../templates/password-reset/en.txt"),
            ],
            [
                include_str!("../../templates/password-reset/de.mjml"),
                include_str!("../../templates/password-reset/de.txt"),
            ],
        ],
    )
    .secret(&["expiresAt", "ipAddress"]),
    Entry::new(
        "reactivate-account",
        Category::Security,
        include_str!("../../templates/reactivate-account/sample.json"),
        [
            [
                include_str!("../../templates/reactivate-account/en.mjml"),
                include_str!("../../templates/reactivate-account/en.txt"),
            ],
            [
                include_str!("../../templates/reactivate-account/de.mjml"),
                include_str!("../../templates/reactivate-account/de.txt"),
            ],
        ],
    )
    .secret(&["expiresAt"]),
    Entry::new(
        "welcome",
        Category::Account,
        include_str!("../../templates/welcome/sample.json"),
        [
            [include_str!("../../templates/welcome/en.mjml"), include_str!("../../templates/welcome/en.txt")],
            [include_str!("../../templates/welcome/de.mjml"), include_str!("../../templates/welcome/de.txt")],
        ],
    ),
    Entry::new(
        "password-changed",
        Category::Security,
        include_str!("../../templates/password-changed/sample.json"),
        [
            [
                include_str!("../../templates/password-changed/en.mjml"),
                include_str!("../../templates/password-changed/en.txt"),
            ],
            [
                include_str!("../../templates/password-changed/de.mjml"),
                include_str!("../../templates/password-changed/de.txt"),
            ],
        ],
    ),
    Entry::new(
        "email-changed",
        Category::Security,
        include_str!("../../templates/email-changed/sample.json"),
        [
            [
                include_str!("../../templates/email-changed/en.mjml"),
                include_str!("../../templates/email-changed/en.txt"),
            ],
            [
                include_str!("../../templates/email-changed/de.mjml"),
                include_str!("../../templates/email-changed/de.txt"),
            ],
        ],
    ),
    Entry::new(
        "order-confirmation",
        Category::OrderUpdates,
        include_str!("../../templates/order-confirmation/sample.json"),
        [
            [
                include_str!("../../templates/order-confirmation/en.mjml"),
                include_str!("../../templates/order-confirmation/en.txt"),
            ],
            [
                include_str!("../../templates/order-confirmation/de.mjml"),
                include_str!("../../templates/order-confirmation/de.txt"),
            ],
        ],
    )
    .optional(&["discountAmount", "shippingCost", "taxAmount", "paymentMethod", "card"]),
    Entry::new(
        "order-cancelled",
        Category::OrderUpdates,
        include_str!("../../templates/order-cancelled/sample.json"),
        [
            [
                include_str!("../../templates/order-cancelled/en.mjml"),
                include_str!("../../templates/order-cancelled/en.txt"),
            ],
            [
                include_str!("../../templates/order-cancelled/de.mjml"),
                include_str!("../../templates/order-cancelled/de.txt"),
            ],
        ],
    )
    .optional(&["refundAmount"]),
    Entry::new(
        "order-shipped",
        Category::OrderUpdates,
        include_str!("../../templates/order-shipped/sample.json"),
        [
            [
                include_str!("../../templates/order-shipped/en.mjml"),
                include_str!("../../templates/order-shipped/en.txt"),
            ],
            [
                include_str!("../../templates/order-shipped/de.mjml"),
                include_str!("../../templates/order-shipped/de.txt"),
            ],
        ],
    )
    .optional(&["trackingUrl", "estimatedDeliveryDate"]),
    Entry::new(
        "refund-confirmation",
        Category::Payment,
        include_str!("../../templates/refund-confirmation/sample.json"),
        [
            [
                include_str!("../../templates/refund-confirmation/en.mjml"),
                include_str!("../../templates/refund-confirmation/en.txt"),
            ],
            [
                include_str!("../../templates/refund-confirmation/de.mjml"),
                include_str!("../../templates/refund-confirmation/de.txt"),
            ],
        ],
    ),
    Entry::new(
        "payment-failed",
        Category::Payment,
        include_str!("../../templates/payment-failed/sample.json"),
        [
            [
                include_str!("../../templates/payment-failed/en.mjml"),
                include_str!("../../templates/payment-failed/en.txt"),
            ],
            [
                include_str!("../../templates/payment-failed/de.mjml"),
                include_str!("../../templates/payment-failed/de.txt"),
            ],
        ],
    ),
    Entry::new(
        "message",
        Category::Support,
        include_str!("../../templates/message/sample.json"),
        [
            [include_str!("../../templates/message/en.mjml"), include_str!("../../templates/message/en.txt")],
            [include_str!("../../templates/message/de.mjml"), include_str!("../../templates/message/de.txt")],
        ],
    )
    .optional(&["linkUrl", "linkLabel"]),
];

impl Entry {
    /// The sample with links into the shop at `home`.
    pub(crate) fn sample(&self, home: &str) -> Map<String, Value> {
        let text = self.sample.replace("{home}", home);
        serde_json::from_str(&text).unwrap_or_default()
    }
}
