//! Reads payments, refunds and the ledger. Customers see their own; staff see all and leave a note.

use crate::App;
use crate::domain::Payment;
use crate::domain::refund::Refund;
use crate::error::PaymentError;
use crate::store;
use api::audit::Deed;
use api::ids::{PaymentId, RefundId, UserId};
use api::order::link;
use api::payment::{ListPayments, ListRefunds, PaymentAuditRecorded, PaymentLedger};
use auth::{Caller, Permission};
use base::page::{ByTime, Page, PageQuery};

/// The payment, if it is the caller's or the caller is a service.
///
/// # Errors
/// [`PaymentError::NotFound`], also for those of others.
pub(crate) async fn own(
    app: &App,
    caller: &Caller,
    token: Option<&str>,
    id: PaymentId,
) -> Result<Payment, PaymentError> {
    known(caller, token)?;
    let found = store::payment::by_id(&mut app.db.conn().await?, id).await?;
    found.filter(|payment| is_payer(app, caller, token, payment)).ok_or(PaymentError::NotFound("payment"))
}

/// Somebody must ask: an account, a service, or a guest with a link.
fn known(caller: &Caller, token: Option<&str>) -> Result<(), PaymentError> {
    match (caller, token) {
        (Caller::Anonymous, None) => Err(base::Error::unauthenticated().into()),
        _ => Ok(()),
    }
}

/// Whether a guest holds the link of the order the payment is for (contracts D-38).
fn has_link(app: &App, token: Option<&str>, payment: &Payment) -> bool {
    token.and_then(|token| link::open(&app.keys, token)) == Some(payment.order_id)
}

/// The payment, if the caller may read it.
///
/// # Errors
/// [`PaymentError::NotFound`], also for those of others.
pub(crate) async fn get(
    app: &App,
    caller: &Caller,
    token: Option<&str>,
    id: PaymentId,
) -> Result<Payment, PaymentError> {
    known(caller, token)?;
    let found = store::payment::by_id(&mut app.db.conn().await?, id).await?;
    let payment = found.ok_or(PaymentError::NotFound("payment"))?;
    if is_payer(app, caller, token, &payment) {
        return Ok(payment);
    }
    let access = Reader { caller, owner: payment.user_id, permission: Permission::PaymentRead };
    access.check(app, "payment", &id).await?;
    Ok(payment)
}

/// The refund, if the caller may read it.
///
/// # Errors
/// [`PaymentError::NotFound`], also for those of others.
pub(crate) async fn get_refund(app: &App, caller: &Caller, id: RefundId) -> Result<Refund, PaymentError> {
    let found = store::refund::by_id(&mut app.db.conn().await?, id).await?;
    let refund = found.ok_or(PaymentError::NotFound("refund"))?;
    let access = Reader { caller, owner: refund.user_id, permission: Permission::PaymentRefund };
    access.check(app, "refund", &id).await?;
    Ok(refund)
}

/// The double entries of a payment.
///
/// # Errors
/// [`PaymentError::NotFound`].
pub(crate) async fn ledger(app: &App, caller: &Caller, id: PaymentId) -> Result<PaymentLedger, PaymentError> {
    get(app, caller, None, id).await?;
    let transactions = store::ledger::of_payment(&mut app.db.conn().await?, id).await?;
    Ok(PaymentLedger { payment_id: id, transactions })
}

/// A page of payments the caller may see, the latest first.
///
/// # Errors
/// 422 for a bad limit or cursor.
pub(crate) async fn list(
    app: &App,
    caller: &Caller,
    filter: &ListPayments,
    page: &PageQuery,
) -> Result<Page<Payment>, PaymentError> {
    let owner = restricted_to(caller, Permission::PaymentRead)?;
    let part = page.part(&app.keys, &format!("payments:{owner:?}:{filter:?}"))?;
    let mut conn = app.db.conn().await?;
    let rows = store::payment::list(&mut conn, owner, filter, &part).await?;
    let total = match page.count {
        Some(true) => Some(store::payment::count(&mut conn, owner, filter).await? as u64),
        _ => None,
    };
    drop(conn);
    note_list(app, caller, owner, "payment").await?;
    let position = |payment: &Payment| ByTime::new(payment.created_at, payment.id.uuid());
    Ok(Page { total, ..part.page(&app.keys, rows, position) })
}

/// A page of refunds the caller may see, the latest first.
///
/// # Errors
/// 422 for a bad limit or cursor.
pub(crate) async fn list_refunds(
    app: &App,
    caller: &Caller,
    filter: &ListRefunds,
    page: &PageQuery,
) -> Result<Page<Refund>, PaymentError> {
    let owner = restricted_to(caller, Permission::PaymentRefund)?;
    let part = page.part(&app.keys, &format!("refunds:{owner:?}:{filter:?}"))?;
    let mut conn = app.db.conn().await?;
    let rows = store::refund::list(&mut conn, owner, filter, &part).await?;
    let total = match page.count {
        Some(true) => Some(store::refund::count(&mut conn, owner, filter).await? as u64),
        _ => None,
    };
    drop(conn);
    note_list(app, caller, owner, "refund").await?;
    let position = |refund: &Refund| ByTime::new(refund.created_at, refund.id.uuid());
    Ok(Page { total, ..part.page(&app.keys, rows, position) })
}

/// Whether the thing belongs to the user who calls.
pub(crate) fn owns(caller: &Caller, owner: Option<UserId>) -> bool {
    owner.is_some() && caller.user_id() == owner
}

/// Whether a service calls; the route has checked its scope.
pub(crate) fn is_service(caller: &Caller) -> bool {
    matches!(caller, Caller::Service(_))
}

/// Whether the caller pays for it, or pays for somebody as the order service does.
pub(crate) fn is_payer(app: &App, caller: &Caller, token: Option<&str>, payment: &Payment) -> bool {
    is_service(caller) || owns(caller, payment.user_id) || has_link(app, token, payment)
}

/// Whose things a list shows: everybody's (`None`) for services and staff with the permission.
fn restricted_to(caller: &Caller, permission: Permission) -> Result<Option<UserId>, PaymentError> {
    if is_service(caller) || caller.has(permission) {
        return Ok(None);
    }
    caller.user_id().map(Some).ok_or_else(|| base::Error::unauthenticated().into())
}

/// Somebody who wants to read a thing of `owner`.
struct Reader<'a> {
    caller: &'a Caller,
    owner: Option<UserId>,
    permission: Permission,
}

impl Reader<'_> {
    /// Lets owners and services pass, and staff with a note; for others the thing is not there.
    async fn check(&self, app: &App, what: &'static str, id: &impl ToString) -> Result<(), PaymentError> {
        if is_service(self.caller) || owns(self.caller, self.owner) {
            return Ok(());
        }
        if !self.caller.has(self.permission) {
            return Err(PaymentError::NotFound(what));
        }
        note(app, self.caller, Deed::new(format!("{what}.read"), what).to(id.to_string())).await
    }
}

async fn note_list(
    app: &App,
    caller: &Caller,
    owner: Option<UserId>,
    what: &'static str,
) -> Result<(), PaymentError> {
    if owner.is_some() || is_service(caller) {
        return Ok(());
    }
    note(app, caller, Deed::new(format!("{what}.read"), what)).await
}

async fn note(app: &App, caller: &Caller, deed: Deed) -> Result<(), PaymentError> {
    let mut tx = app.db.begin().await?;
    PaymentAuditRecorded::note(&mut tx, caller, deed).await?;
    Ok(tx.commit().await?)
}
