//! What news about a payment means for its order. News may come late, early, twice, out of order
//! or from an attempt long given up: the state the gateway reports wins, and money that does not
//! belong to the order goes back.

use super::order::{Attempt, Order};
use super::status::{self, Mover};
use api::ids::PaymentId;
use api::order::{OrderPaymentStatus, OrderStatus};
use api::payment::{FailureReason, NextAction, Payment, PaymentStatus};
use api::shared::{Actor, ActorKind, PaymentMethodDetails};

/// What became known about a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PaymentNews {
    pub(crate) payment_id: PaymentId,
    /// Version of the payment.
    pub(crate) version: i64,
    pub(crate) status: PaymentStatus,
    /// Number of the attempt, if told.
    pub(crate) number: Option<i64>,
    /// What was or is to be paid, if told.
    pub(crate) amount_minor: Option<i64>,
    pub(crate) next_action: Option<NextAction>,
    pub(crate) details: Option<PaymentMethodDetails>,
    pub(crate) failure: Option<FailureReason>,
}

impl PaymentNews {
    /// News of `payment_id` without details.
    pub(crate) fn new(payment_id: PaymentId, version: i64, status: PaymentStatus) -> Self {
        Self {
            payment_id,
            version,
            status,
            number: None,
            amount_minor: None,
            next_action: None,
            details: None,
            failure: None,
        }
    }
}

impl From<Payment> for PaymentNews {
    fn from(payment: Payment) -> Self {
        Self {
            number: Some(payment.attempt),
            amount_minor: Some(payment.amount.minor),
            next_action: payment.next_action,
            details: payment.method_details,
            failure: payment.failure_reason,
            ..Self::new(payment.id, payment.version, payment.status)
        }
    }
}

/// What has to be done about the news, apart from what changed on the order itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consequence {
    /// The order is unchanged or only remembers the attempt.
    Noted,
    /// The order is paid: the checkout goes on.
    Paid,
    /// The attempt failed and the customer may try again.
    Failed,
    /// The money does not belong to the order: it goes back.
    GiveBack(PaymentId),
}

impl Order {
    /// Applies news of one of its payments. `starting` = a newer attempt is being started, so the
    /// failure of an older one says nothing about the order.
    pub(crate) fn apply_payment(&mut self, news: &PaymentNews, starting: bool) -> Consequence {
        if !self.remember(news) {
            return Consequence::Noted;
        }
        match news.status {
            PaymentStatus::Succeeded | PaymentStatus::Authorized => self.money_arrived(news),
            PaymentStatus::Processing => self.is_processing(news),
            PaymentStatus::Failed => self.attempt_ended(news, starting, OrderPaymentStatus::Failed),
            PaymentStatus::Cancelled => self.attempt_ended(news, starting, OrderPaymentStatus::Voided),
            PaymentStatus::Pending | PaymentStatus::RequiresAction => self.is_open(news),
            // Refunds are booked by their own events.
            PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded => Consequence::Noted,
        }
    }

    /// Stores the news with its attempt; answers whether it is new.
    fn remember(&mut self, news: &PaymentNews) -> bool {
        let next_number = self.attempts.len() as i64 + 1;
        let Some(known) = self.attempts.iter_mut().find(|attempt| attempt.payment_id == news.payment_id)
        else {
            self.attempts.push(Attempt {
                payment_id: news.payment_id,
                version: news.version,
                number: news.number.unwrap_or(next_number),
                status: news.status,
                next_action: news.next_action.clone(),
                details: news.details.clone(),
                failure: news.failure,
                give_back: false,
                changed: true,
            });
            return true;
        };
        if news.version < known.version {
            return false;
        }
        let is_new = news.version > known.version || news.status != known.status;
        known.version = news.version;
        known.number = news.number.unwrap_or(known.number);
        known.status = news.status;
        known.details = news.details.clone().or_else(|| known.details.take());
        known.failure = news.failure.or(known.failure);
        known.next_action = if news.status.is_open() {
            news.next_action.clone().or_else(|| known.next_action.take())
        } else {
            None
        };
        known.changed = true;
        is_new
    }

    fn money_arrived(&mut self, news: &PaymentNews) -> Consequence {
        // Later news may name a part that was captured.
        let wrong_amount =
            self.paid_by.is_none() && news.amount_minor.is_some_and(|minor| minor != self.amounts.total);
        let other = self.paid_by.is_some_and(|paid_by| paid_by != news.payment_id);
        if other || wrong_amount {
            return self.give_back(news.payment_id);
        }
        let held = news.status == PaymentStatus::Authorized;
        if status::is_payable(self.status) {
            self.paid_by = Some(news.payment_id);
            self.payment_status =
                if held { OrderPaymentStatus::Authorized } else { OrderPaymentStatus::Paid };
            return Consequence::Paid;
        }
        let unplaced =
            matches!(self.status, OrderStatus::Cancelled | OrderStatus::Rejected | OrderStatus::Pending);
        if unplaced {
            self.paid_by = Some(news.payment_id);
            self.payment_status =
                if held { OrderPaymentStatus::Authorized } else { OrderPaymentStatus::Paid };
            return self.give_back(news.payment_id);
        }
        // Placed before: a held payment may have been captured since.
        if self.payment_status == OrderPaymentStatus::Authorized && !held {
            self.payment_status = OrderPaymentStatus::Paid;
        }
        Consequence::Noted
    }

    /// Marks an attempt whose money must go back; once is enough.
    fn give_back(&mut self, payment_id: PaymentId) -> Consequence {
        let attempt = self.attempts.iter_mut().find(|attempt| attempt.payment_id == payment_id);
        match attempt {
            Some(attempt) if !attempt.give_back => {
                attempt.give_back = true;
                attempt.changed = true;
                Consequence::GiveBack(payment_id)
            }
            _ => Consequence::Noted,
        }
    }

    fn is_processing(&mut self, news: &PaymentNews) -> Consequence {
        if self.is_latest(news.payment_id) && status::is_payable(self.status) && self.paid_by.is_none() {
            self.payment_status = OrderPaymentStatus::Pending;
            self.follow(OrderStatus::PaymentProcessing, None);
        }
        Consequence::Noted
    }

    fn is_open(&mut self, news: &PaymentNews) -> Consequence {
        if self.is_latest(news.payment_id) && status::is_payable(self.status) && self.paid_by.is_none() {
            self.payment_status = OrderPaymentStatus::Pending;
            // A new attempt after a failed one.
            self.follow(OrderStatus::PendingPayment, None);
        }
        Consequence::Noted
    }

    /// Lets an end of the latest attempt count that was only remembered while the attempt was
    /// being started.
    pub(crate) fn catch_up(&mut self) {
        let Some(latest) = self.attempts.iter().max_by_key(|attempt| attempt.payment_id) else { return };
        let news = PaymentNews {
            failure: latest.failure,
            ..PaymentNews::new(latest.payment_id, latest.version, latest.status)
        };
        let money = match news.status {
            PaymentStatus::Failed => OrderPaymentStatus::Failed,
            PaymentStatus::Cancelled => OrderPaymentStatus::Voided,
            _ => return,
        };
        self.attempt_ended(&news, false, money);
    }

    /// Money that was only held for a placed order is gone: nothing leaves before a person decides.
    fn hold_lost(&mut self, money: OrderPaymentStatus) {
        self.payment_status = money;
        self.follow(OrderStatus::OnHold, Some(FailureReason::GatewayError));
    }

    fn attempt_ended(
        &mut self,
        news: &PaymentNews,
        starting: bool,
        money: OrderPaymentStatus,
    ) -> Consequence {
        let counts =
            self.is_latest(news.payment_id) && status::is_payable(self.status) && self.paid_by.is_none();
        let held = self.paid_by == Some(news.payment_id)
            && self.payment_status == OrderPaymentStatus::Authorized
            && status::is_placed_unshipped(self.status);
        if held {
            self.hold_lost(money);
        }
        if !counts || starting {
            return Consequence::Noted;
        }
        self.payment_status = money;
        // A session that ran out leaves the order as it was, unless the gateway was at work.
        if money == OrderPaymentStatus::Voided && self.status != OrderStatus::PaymentProcessing {
            return Consequence::Noted;
        }
        let moved = self.follow(OrderStatus::PaymentFailed, news.failure);
        if moved { Consequence::Failed } else { Consequence::Noted }
    }

    fn is_latest(&self, payment_id: PaymentId) -> bool {
        self.attempts.iter().all(|attempt| attempt.payment_id <= payment_id)
    }

    /// Moves to where the payment is, if that is another state and there is a way.
    fn follow(&mut self, to: OrderStatus, why: Option<FailureReason>) -> bool {
        let reason = why.and_then(|why| serde_json::to_value(why).ok()?.as_str().map(str::to_owned));
        let provider = Actor { kind: ActorKind::Provider, id: None };
        self.status != to && self.move_to(to, Mover::System, &provider, reason.as_deref()).is_ok()
    }
}

#[cfg(test)]
mod tests;
