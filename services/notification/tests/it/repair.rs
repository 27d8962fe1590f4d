//! `/internal/notifications/invariants/repair`: what is stuck or forgotten is taken up again.

use crate::drafts::{ADA, placed};
use crate::stories::{Post, minutes};
use api::notification::NotificationStatus;
use api::repair::{Repair, RepairInvariants, RepairOutcome, Repairs};
use db::sql;
use events::{Death, StandardMessage, Step, tasks};

async fn repair(post: &Post, dry_run: bool) -> Vec<Repair> {
    let request = post.post("/internal/notifications/invariants/repair").as_client(&["invariants:repair"]);
    request.json(&RepairInvariants { dry_run }).await.expect(200).json::<Repairs>().items
}

async fn tamper(post: &Post, statement: &'static str) {
    let mut tx = post.db().begin().await.expect("the store is there");
    sql(statement).run(&mut tx).await.expect("the store takes it");
    tx.commit().await.expect("the store takes it");
}

/// The one thing that is broken is repaired, and a dry run before does nothing.
async fn repaired(post: &Post, rule: &str) {
    let [planned] = repair(post, true).await.try_into().expect("one repair");
    assert_eq!((planned.rule.as_str(), planned.outcome), (rule, RepairOutcome::WouldRepair));
    let task = async || {
        let mut conn = post.db().conn().await.unwrap();
        tasks::scheduled_at(&mut conn, "dispatch", &planned.id).await.unwrap()
    };
    assert_eq!(task().await, None, "a dry run changes nothing");
    let [done] = repair(post, false).await.try_into().expect("one repair");
    assert_eq!((done.id.as_str(), done.outcome), (planned.id.as_str(), RepairOutcome::Repaired));
    assert_eq!(task().await, Some(post.clock.now()));
    let _again = repair(post, false).await;
    post.settle().await;
    assert!(repair(post, false).await.is_empty(), "there is nothing left to repair");
    post.mail(ADA).await;
    post.assert_ended(ADA, NotificationStatus::Sent, None).await;
}

#[tokio::test]
async fn a_forgotten_notification_is_sent() {
    let mut post = Post::open().await;
    post.deliver(&StandardMessage::now(post.clock.now(), placed(None, ADA))).await;
    post.runtime().faults().die_at(Step::TaskClaimed, 1, Death::Simulated);
    let _interrupted = post.runtime().settle().await;
    post.restart().await;
    tamper(&post, "DELETE FROM task WHERE kind = 'dispatch'").await;
    post.clock.advance(minutes(11));
    repaired(&post, "no-forgotten-notification").await;
    post.assert_sound().await;
}

#[tokio::test]
async fn a_notification_whose_worker_died_while_sending_is_taken_up_again() {
    let post = Post::open().await;
    post.publish(placed(None, ADA)).await;
    let mut tx = post.db().begin().await.expect("the store is there");
    sql("UPDATE notification SET status = 'SENDING', sent_at = NULL, lease = $1, leased_until = $2")
        .bind(base::Id::<()>::new())
        .bind(post.clock.now() + minutes(1))
        .run_one(&mut tx)
        .await
        .unwrap();
    tx.commit().await.expect("the store takes it");
    tamper(&post, "UPDATE attempt SET outcome = 'UNKNOWN', ended_at = NULL, code = NULL").await;
    tamper(&post, "DELETE FROM outbox").await;
    post.clock.advance(minutes(12));
    repaired(&post, "no-stuck-notification").await;
    post.assert_sound().await;
}

#[tokio::test]
async fn a_missing_confirmation_needs_a_person() {
    let post = Post::open().await;
    post.publish(placed(None, ADA)).await;
    tamper(&post, "DELETE FROM attempt").await;
    tamper(&post, "DELETE FROM notification").await;
    let [named] = repair(&post, false).await.try_into().expect("one repair");
    let rule = "one-confirmation-per-order";
    assert_eq!((named.rule.as_str(), named.outcome), (rule, RepairOutcome::ByHand));
    post.settle().await;
    assert_eq!(post.violations().await.violations.len(), 1, "nothing was invented");
    let request = post.post("/internal/notifications/invariants/repair").json(&RepairInvariants::default());
    request.as_client(&["invariants:read"]).await.problem(403, "forbidden");
}
