//! The process dies between two steps; the next one goes on, and nobody gets two mails of the
//! built-in mailbox.

use crate::drafts::{ADA, placed};
use crate::smtp_server::{Act, SmtpServer};
use crate::stories::{Post, minutes};
use api::notification::{NotificationSent, NotificationStatus};
use db::sql;
use events::{Death, StandardMessage, Step};
use std::time::Duration;

#[tokio::test]
async fn an_order_is_confirmed_once_wherever_the_process_dies() {
    let steps = [
        Step::Claimed,
        Step::Handled,
        Step::TaskClaimed,
        Step::TaskHandled,
        Step::OutboxCommitted,
        Step::Delivered,
    ];
    for step in steps {
        let mut post = Post::open().await;
        post.deliver(&StandardMessage::now(post.clock.now(), placed(None, ADA))).await;
        post.runtime().faults().die_at(step, 1, Death::Simulated);
        let _interrupted = post.runtime().settle().await;
        assert!(post.runtime().faults().is_dead(), "{step:?} was not reached");
        post.restart().await;
        post.after(minutes(2)).await;
        post.after(minutes(2)).await;
        post.mail(ADA).await;
        post.assert_ended(ADA, NotificationStatus::Sent, None).await;
        assert_eq!(post.published::<NotificationSent>().await.len(), 1, "{step:?}");
    }
}

/// Puts the store back to what a process leaves that dies after the provider has accepted.
async fn die_after_acceptance(post: &mut Post) {
    let now = post.clock.now();
    let mut tx = post.db().begin().await.unwrap();
    sql("UPDATE notification SET status = 'SENDING', sent_at = NULL, lease = $1, leased_until = $2")
        .bind(base::Id::<()>::new())
        .bind(now + minutes(1))
        .run_one(&mut tx)
        .await
        .unwrap();
    sql("UPDATE attempt SET outcome = 'UNKNOWN', ended_at = NULL, code = NULL")
        .run_one(&mut tx)
        .await
        .unwrap();
    sql("DELETE FROM outbox").run(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    post.restart().await;
}

#[tokio::test]
async fn a_mail_that_arrived_before_the_death_does_not_arrive_twice() {
    let mut post = Post::open().await;
    post.publish(placed(None, ADA)).await;
    die_after_acceptance(&mut post).await;
    post.settle().await;
    assert_eq!(post.only(ADA).await.status, NotificationStatus::Sending, "its lease has not run out");
    post.after(minutes(5)).await;
    post.mail(ADA).await;
    post.assert_ended(ADA, NotificationStatus::Sent, None).await;
    let detail = post.detail(post.only(ADA).await.id).await;
    let outcomes: Vec<_> = detail.tries.iter().map(|attempt| attempt.outcome.as_str()).collect();
    assert_eq!(outcomes, ["UNKNOWN", "ACCEPTED"]);
    assert_eq!(post.published::<NotificationSent>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_that_dies_while_the_server_has_the_mail_sends_it_again_with_the_same_id() {
    let server = SmtpServer::start().await;
    let mut post = Post::with(&[("smtp_url", server.url("?tls=none").into())]).await;
    server.plan(&[Act::HangAfterContent]);
    post.deliver(&StandardMessage::now(post.clock.now(), placed(None, ADA))).await;
    tokio::select! {
        _ = post.runtime().settle() => panic!("the server does not answer"),
        () = server.has_taken(1) => {}
    }
    assert_eq!(
        post.only(ADA).await.status,
        NotificationStatus::Sending,
        "the attempt was stored before the call"
    );
    post.restart().await;
    post.after(minutes(2)).await;
    post.after(minutes(2)).await;
    let [first, second] = server.taken().try_into().unwrap();
    assert_eq!(first.message_id(), second.message_id());
    post.assert_ended(ADA, NotificationStatus::Sent, None).await;
}

#[tokio::test]
async fn a_notification_whose_task_was_lost_is_found_again() {
    let mut post = Post::open().await;
    post.deliver(&StandardMessage::now(post.clock.now(), placed(None, ADA))).await;
    post.runtime().faults().die_at(Step::TaskClaimed, 1, Death::Simulated);
    let _interrupted = post.runtime().settle().await;
    post.restart().await;
    let mut tx = post.db().begin().await.unwrap();
    sql("DELETE FROM task WHERE kind = 'dispatch'").run_one(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    post.clock.advance(minutes(11));
    assert_eq!(post.violations().await.violations[0].rule, "no-forgotten-notification");
    post.settle().await;
    post.mail(ADA).await;
    post.assert_sound().await;
}

#[tokio::test]
async fn what_is_wrong_is_told() {
    let post = Post::open().await;
    post.publish(placed(None, ADA)).await;
    let mut tx = post.db().begin().await.unwrap();
    sql("DELETE FROM attempt").run_one(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let found = post.violations().await.violations;
    assert_eq!(found.iter().map(|found| found.rule.as_str()).collect::<Vec<_>>(), ["sent-means-accepted"]);
    let mut tx = post.db().begin().await.unwrap();
    sql("DELETE FROM notification").run_one(&mut tx).await.unwrap();
    tx.commit().await.unwrap();
    let found = post.violations().await.violations;
    assert_eq!(found[0].rule, "one-confirmation-per-order");
    post.clock.advance(Duration::from_secs(1));
}
