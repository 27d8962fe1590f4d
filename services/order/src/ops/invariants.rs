//! Looks for what must not be (contracts §7.4).

use super::repair::{HOLDS_STOCK, holding};
use crate::App;
use crate::error::Result;
use crate::store::checks;
use api::order::{Violation, Violations};

/// Everything that breaks a rule now.
///
/// # Errors
/// Those of the store, and 503 while the inventory service gives no answer.
pub(crate) async fn invariants(app: &App) -> Result<Violations> {
    let mut found = Violations::default();
    let mut c = app.db.conn().await?;
    for check in checks::all(app.clock.now()) {
        let (rule, detail) = (check.rule, check.detail);
        for id in checks::violations(&mut c, check).await? {
            let violation =
                Violation { rule: rule.to_owned(), id: id.to_string(), detail: detail.to_owned() };
            found.violations.push(violation);
        }
    }
    drop(c);
    for id in holding(app).await? {
        let detail = "the order was cancelled ten minutes ago and its stock is still held".to_owned();
        found.violations.push(Violation { rule: HOLDS_STOCK.to_owned(), id: id.to_string(), detail });
    }
    Ok(found)
}
