//! Repairs what breaks an invariant: by asking the gateway again, which is the one who knows, and
//! by giving back what is owed (contracts §0.3). Repeating it is harmless: every question and
//! every refund has a key of its own.

use super::reconcile::differences;
use super::refund::give_back_all;
use super::verify::check_invariants;
use super::{advance, run_refund};
use crate::App;
use crate::store;
use api::ids::PaymentId;
use api::payment::Violation;
use api::repair::{RepairInvariants, Repairs};
use base::{Error, Result, Timestamp};
use std::collections::BTreeSet;

/// What is done about a broken rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Remedy {
    /// The gateway is asked how the payment and its refunds stand.
    Ask,
    /// The gateway's books are read again and what we missed is booked.
    Books,
    /// What is kept goes back.
    GiveBack,
    /// The facts contradict each other.
    Person(&'static str),
}

fn remedy(rule: &str) -> Remedy {
    match rule {
        "payment-ends" | "answer-known" => Remedy::Ask,
        "books-captured" | "books-refunded" => Remedy::Books,
        "cancelled-keeps-nothing" => Remedy::GiveBack,
        "order-paid-once" => {
            Remedy::Person("two payments of the order keep money; refund the one it was not placed with")
        }
        "books-unknown-payment" => {
            Remedy::Person("look at the gateway whose money this is, then refund it there")
        }
        "refund-sums" => Remedy::Person("compare the refunds of the payment with those at the gateway"),
        "books-compared" => Remedy::Person("look in the log why it could not be compared, then repeat this"),
        _ => Remedy::Person("the books are append-only and are not changed; compare them with a backup"),
    }
}

impl Remedy {
    fn words(self) -> &'static str {
        match self {
            Self::Ask => "the gateway is asked again",
            Self::Books => "what the gateway booked is booked here",
            Self::GiveBack => "the money goes back",
            Self::Person(what) => what,
        }
    }
}

/// Repairs what can be, or says what would be repaired; the rest needs a person.
///
/// # Errors
/// When the store fails or the gateway does not show its books.
pub(crate) async fn repair(app: &App, wish: RepairInvariants) -> Result<Repairs> {
    let mut repairs = Repairs::default();
    let broken = check_invariants(app).await?.violations;
    let mut asked = BTreeSet::new();
    let books = broken.iter().any(|violation| remedy(&violation.rule) == Remedy::Books);
    if books && !wish.dry_run {
        tracing::warn!("repairing: what the gateway booked is booked here");
        differences(app, Timestamp::EPOCH, true, &mut Vec::new()).await?;
    }
    for Violation { rule, id, .. } in broken {
        let remedy = remedy(&rule);
        if let Remedy::Person(what) = remedy {
            repairs.by_hand(&rule, id, what);
            continue;
        }
        // Rules of payments name a payment; several of them may be broken by the same one.
        if let (false, Ok(payment)) = (wish.dry_run, id.parse::<PaymentId>())
            && asked.insert((payment, remedy.words()))
        {
            tracing::warn!(%payment, rule, "repairing: {}", remedy.words());
            if let Err(error) = apply(app, payment, remedy).await {
                tracing::warn!(%payment, rule, error = error.chain(), "it could not be repaired");
                repairs.by_hand(&rule, id, "the gateway gives no answer now; repeat this later");
                continue;
            }
        }
        repairs.repaired(wish, &rule, id, remedy.words());
    }
    Ok(repairs)
}

async fn apply(app: &App, id: PaymentId, remedy: Remedy) -> Result<()> {
    match remedy {
        Remedy::Ask => {
            advance(app, id).await.map_err(Error::from)?;
            let refunds = store::refund::unsettled_of(&mut app.db.conn().await?, id).await?;
            for refund in refunds {
                run_refund(app, refund).await?;
            }
            Ok(())
        }
        Remedy::GiveBack => {
            let mut tx = app.db.begin().await?;
            if let Some(payment) = store::payment::by_id(&mut tx, id).await? {
                give_back_all(&mut tx, &payment).await?;
            }
            Ok(tx.commit().await?)
        }
        Remedy::Books | Remedy::Person(_) => Ok(()),
    }
}
