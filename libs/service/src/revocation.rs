//! Keeps this process's token verifier in step with the accounts: sessions that were revoked,
//! accounts that were closed, roles that changed. Deliveries are in memory only; what is missed
//! ends with the tokens after five minutes.

use api::user::{
    UserAccountStatusChanged, UserRoleAssigned, UserRoleRemoved, UserSessionsRevoked, UserStatus,
};
use auth::Verifier;
use base::Timestamp;
use events::{Consumers, Delivery, Queue};

/// Binding keys of contracts §2.3, row `gateway.user.events.<id>`.
const KEYS: [&str; 4] = [
    "user.auth.sessions-revoked.v1",
    "user.account.status-changed.v1",
    "user.role.assigned.v1",
    "user.role.removed.v1",
];

/// Adds the queue that feeds `verifier`.
pub(crate) fn listen(consumers: Consumers, verifier: &Verifier) -> Consumers {
    let sessions = verifier.clone();
    let status = verifier.clone();
    let assigned = verifier.clone();
    let removed = verifier.clone();
    let queue = Queue::broadcast("gateway.user.events")
        .bind("user.events", &KEYS)
        .on::<UserSessionsRevoked, _, _>(move |delivery: Delivery<UserSessionsRevoked>| {
            for session in delivery.message.payload.session_ids {
                sessions.revoke_session(session);
            }
            done()
        })
        .on::<UserAccountStatusChanged, _, _>(move |delivery: Delivery<UserAccountStatusChanged>| {
            let change = delivery.message.payload;
            if matches!(
                change.new_status,
                UserStatus::Suspended | UserStatus::Deactivated | UserStatus::Deleted
            ) {
                status.revoke_user(change.user_id, change.change_timestamp);
            }
            done()
        })
        .on::<UserRoleAssigned, _, _>(move |delivery: Delivery<UserRoleAssigned>| {
            let change = delivery.message.payload;
            renew(&assigned, change.user_id, change.permission_version, change.assignment_timestamp)
        })
        .on::<UserRoleRemoved, _, _>(move |delivery: Delivery<UserRoleRemoved>| {
            let change = delivery.message.payload;
            renew(&removed, change.user_id, change.permission_version, change.removal_timestamp)
        });
    consumers.queue(queue)
}

/// Tokens from before the change carry other roles: their holder refreshes and gets the new ones.
/// Publishers of an older release do not tell the version of the rights.
fn renew(
    verifier: &Verifier,
    user: auth::UserId,
    permission_version: Option<i64>,
    changed_at: Timestamp,
) -> std::future::Ready<base::Result<()>> {
    match permission_version {
        Some(version) => verifier.mark_stale(user, version),
        None => verifier.revoke_user(user, changed_at),
    }
    done()
}

fn done() -> std::future::Ready<base::Result<()>> {
    std::future::ready(Ok(()))
}
