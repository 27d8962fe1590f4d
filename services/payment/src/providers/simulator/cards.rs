//! The test methods of the simulator: Stripe's numbers and ids, and the faults a shop must survive.

use base::Timestamp;
use std::time::Duration;

/// How long a delayed decision takes.
pub(crate) const DELAY: Duration = Duration::from_secs(3);

/// What happens when a method is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Behaviour {
    /// The money is taken.
    Succeeds,
    /// The bank refuses with this code.
    Refused(&'static str),
    /// The bank wants to see the customer first; then the money is taken.
    Authenticates,
    /// Decided [`DELAY`] later.
    Delayed,
    /// Taken, and nobody is told.
    WebhookLost,
    /// Taken, and told twice at the same moment.
    WebhookTwice,
    /// Taken, and the answer never arrives.
    TimeoutAfterCharge,
    /// Taken; giving it back is refused.
    RefundFails,
    /// Taken; giving it back is decided [`DELAY`] later.
    RefundDelayed,
    /// Taken; giving it back works, and the answer never arrives.
    TimeoutAfterRefund,
}

/// A method of the simulator.
#[derive(Debug)]
pub(crate) struct Method {
    /// Its id in the API.
    pub(crate) id: &'static str,
    /// Its number on the page; faults of our own have none.
    pub(crate) number: Option<&'static str>,
    /// What the page says about it.
    pub(crate) about: &'static str,
    pub(crate) behaviour: Behaviour,
}

const fn card(id: &'static str, number: &'static str, behaviour: Behaviour, about: &'static str) -> Method {
    Method { id, number: Some(number), about, behaviour }
}

const fn fault(id: &'static str, behaviour: Behaviour, about: &'static str) -> Method {
    Method { id, number: None, about, behaviour }
}

/// Every method; what is not here is refused, as Stripe's test mode refuses real cards.
pub(crate) const METHODS: &[Method] = &[
    card("pm_card_visa", "4242424242424242", Behaviour::Succeeds, "succeeds"),
    card("pm_card_chargeDeclined", "4000000000000002", Behaviour::Refused("generic_decline"), "is declined"),
    card(
        "pm_card_chargeDeclinedInsufficientFunds",
        "4000000000009995",
        Behaviour::Refused("insufficient_funds"),
        "is declined: not enough money",
    ),
    card(
        "pm_card_authenticationRequired",
        "4000002500003155",
        Behaviour::Authenticates,
        "asks for 3-D Secure",
    ),
    card(
        "pm_card_chargeDeclinedExpiredCard",
        "4000000000000069",
        Behaviour::Refused("expired_card"),
        "is declined: expired",
    ),
    card(
        "pm_card_chargeDeclinedFraudulent",
        "4100000000000019",
        Behaviour::Refused("fraudulent"),
        "is declined: fraud suspected",
    ),
    card("pm_card_refundFail", "4000000000005126", Behaviour::RefundFails, "succeeds; refunds fail"),
    card("pm_card_pendingRefund", "4000000000007726", Behaviour::RefundDelayed, "succeeds; refunds take 3 s"),
    fault("pm_sim_delayed", Behaviour::Delayed, "succeeds 3 s later"),
    fault("pm_sim_webhook_lost", Behaviour::WebhookLost, "succeeds, the webhook is lost"),
    fault("pm_sim_webhook_twice", Behaviour::WebhookTwice, "succeeds, the webhook comes twice"),
    fault("pm_sim_timeout_after_charge", Behaviour::TimeoutAfterCharge, "succeeds, the answer is lost"),
    fault(
        "pm_sim_timeout_after_refund",
        Behaviour::TimeoutAfterRefund,
        "succeeds, answers to refunds are lost",
    ),
];

impl Method {
    /// The method with this id.
    pub(crate) fn of(id: &str) -> Option<&'static Method> {
        METHODS.iter().find(|method| method.id == id)
    }

    /// The method a person typed: a card number, with or without spaces, or an id.
    pub(crate) fn typed(text: &str) -> Option<&'static Method> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        Method::of(text.trim())
            .or_else(|| METHODS.iter().find(|method| method.number == Some(digits.as_str())))
    }

    /// The last four digits of its card.
    pub(crate) fn last_four(&self) -> &'static str {
        self.number.map_or("4242", |number| &number[number.len() - 4..])
    }
}

impl Behaviour {
    /// How often the result of a charge is told.
    pub(crate) fn deliveries(self) -> usize {
        match self {
            Self::WebhookLost => 0,
            Self::WebhookTwice => 2,
            _ => 1,
        }
    }

    /// When the money is taken, if it is not taken at once.
    pub(crate) fn decided_at(self, now: Timestamp) -> Option<Timestamp> {
        (self == Self::Delayed).then(|| now + DELAY)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_people_type_them() {
        for typed in ["4242424242424242", " 4242 4242 4242 4242 ", "4242-4242-4242-4242", "pm_card_visa"] {
            assert_eq!(Method::typed(typed).map(|method| method.id), Some("pm_card_visa"), "{typed}");
        }
        for typed in
            ["", "4242", "42424242424242420", "4111111111111111", "pm_card_visa; drop table", "４２４２"]
        {
            assert!(Method::typed(typed).is_none(), "{typed}");
        }
    }

    #[test]
    fn every_number_passes_the_check_every_card_form_makes() {
        for number in METHODS.iter().filter_map(|method| method.number) {
            let digits = number.bytes().rev().map(|byte| u32::from(byte - b'0'));
            let sum: u32 = digits
                .enumerate()
                .map(|(at, digit)| if at % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { digit })
                .sum();
            assert_eq!(sum % 10, 0, "{number}");
        }
    }
}
