//! `emporion invariants` and `emporion ledger verify`: what must not be, and how it is repaired
//! (contracts §0.3, §7.4). What is true is decided by the services; this only asks and prints.

use crate::args::{Invariants, LedgerWhat};
use crate::operator::OfService;
use crate::operator_client::Operator;
use crate::output::{Outcome, Result, line};
use crate::settings::Settings;
use api::repair::{Repair, RepairInvariants, RepairOutcome, Repairs};
use serde::Deserialize;
use std::time::Duration;

#[cfg(test)]
mod tests;

/// What a service says about its invariants.
#[derive(Debug, Deserialize)]
struct Report {
    violations: Vec<Violation>,
}

#[derive(Debug, Deserialize)]
struct Violation {
    rule: String,
    id: String,
    detail: String,
}

/// Services that can check and repair themselves, and where.
const CHECKS: [(&str, &str); 5] = [
    ("inventory", "/internal/inventory/invariants"),
    ("cart", "/internal/carts/invariants"),
    ("order", "/internal/orders/invariants"),
    ("payment", "/internal/payments/invariants"),
    ("notification", "/internal/notifications/invariants"),
];

/// How often, and how long apart, a running shop is asked whether what was woken has come to an end.
const LOOKS: u32 = 20;
const PAUSE: Duration = Duration::from_millis(500);

/// `emporion invariants`
pub(crate) async fn invariants(settings: &Settings, what: Invariants) -> Result {
    let operator = Operator::connect(settings).await?;
    let outcome = if what.repair {
        let wish = RepairInvariants { dry_run: what.dry_run };
        repair(&operator, wish).await
    } else {
        look(&operator, &CHECKS).await.map(|found| tell(&found, "all invariants hold"))
    };
    operator.close().await;
    outcome
}

/// `emporion ledger verify`
pub(crate) async fn ledger(settings: &Settings, what: &LedgerWhat) -> Result {
    let LedgerWhat::Verify = what;
    let operator = Operator::connect(settings).await?;
    let found = look(&operator, &[("payment", "/internal/payments/ledger/verify")]).await;
    operator.close().await;
    Ok(tell(&found?, "the books balance"))
}

async fn look(
    operator: &Operator,
    checks: &[(&'static str, &str)],
) -> base::Result<Vec<(&'static str, Violation)>> {
    let mut found = Vec::new();
    for (service, path) in checks {
        let report: Report = operator.get(&format!("/operator/peer/{service}{path}")).await?;
        found.extend(report.violations.into_iter().map(|violation| (*service, violation)));
    }
    Ok(found)
}

fn tell(found: &[(&str, Violation)], good: &str) -> Outcome {
    for (service, Violation { rule, id, detail }) in found {
        line(format!("{service}  {rule}  {id}  {detail}"));
    }
    if found.is_empty() {
        line(good);
        return Outcome::Done;
    }
    line(format!("{} violations", found.len()));
    Outcome::Failed
}

/// Repairs every service, lets what was woken happen, and checks again: a repair is believed when
/// the check says so.
async fn repair(operator: &Operator, wish: RepairInvariants) -> Result {
    let mut tally = Tally::default();
    // Work that was given up first: what it does may be all that is missing.
    let work: Vec<OfService> = operator.post("/operator/repair", &wish).await?;
    for OfService { service, repairs } in work {
        tally.add(&service, repairs);
    }
    for (service, path) in CHECKS {
        let path = format!("/operator/peer/{service}{path}/repair");
        tally.add(service, operator.post(&path, &wish).await?);
    }
    line(tally.sentence(wish));
    if !wish.dry_run {
        operator.settle().await?;
    }
    let mut found = look(operator, &CHECKS).await?;
    for _ in 0..LOOKS {
        if found.is_empty() || wish.dry_run || operator.own_host().is_some() {
            break;
        }
        // A running shop does what was woken by itself.
        tokio::time::sleep(PAUSE).await;
        found = look(operator, &CHECKS).await?;
    }
    Ok(tell(&found, "all invariants hold"))
}

#[derive(Debug, Default)]
struct Tally {
    repaired: usize,
    by_hand: usize,
}

impl Tally {
    fn add(&mut self, service: &str, repairs: Repairs) {
        for Repair { rule, id, outcome, detail } in repairs.items {
            let word = match outcome {
                RepairOutcome::Repaired => "repaired",
                RepairOutcome::WouldRepair => "would repair",
                RepairOutcome::ByHand => "by hand",
            };
            let count = if outcome == RepairOutcome::ByHand { &mut self.by_hand } else { &mut self.repaired };
            *count += 1;
            line(format!("{word}  {service}  {rule}  {id}  {detail}"));
        }
    }

    fn sentence(&self, wish: RepairInvariants) -> String {
        let Self { repaired, by_hand } = self;
        match (wish.dry_run, repaired + by_hand) {
            (_, 0) => "nothing to repair".to_owned(),
            (true, _) => {
                format!("{repaired} would be repaired, {by_hand} need a person; nothing was changed")
            }
            (false, _) => format!("{repaired} repaired, {by_hand} need a person"),
        }
    }
}
