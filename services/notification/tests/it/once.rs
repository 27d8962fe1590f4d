//! One mail per event, whatever is delivered how often.

use crate::drafts::{ADA, placed, refunded};
use crate::stories::Post;
use api::notification::NotificationSent;
use events::StandardMessage;
use futures::future::join_all;
use std::time::Duration;

#[tokio::test]
async fn a_message_that_comes_ten_times_causes_one_mail() {
    let post = Post::open().await;
    let event = post.publish(placed(None, ADA)).await;
    for _ in 0..9 {
        post.redeliver(&event).await;
    }
    post.mail(ADA).await;
    assert_eq!(post.log(ADA).await.len(), 1);
    assert_eq!(post.published::<NotificationSent>().await.len(), 1);
    post.assert_sound().await;
}

#[tokio::test]
async fn a_message_replayed_after_its_inbox_note_is_gone_causes_no_second_mail() {
    let post = Post::open().await;
    let event = post.publish(placed(None, ADA)).await;
    // Longer than the inbox remembers.
    for _ in 0..15 {
        post.after(Duration::from_hours(24)).await;
    }
    let left: i64 =
        db::sql("SELECT COUNT(*) FROM inbox").scalar(&mut post.db().conn().await.unwrap()).await.unwrap();
    assert_eq!(left, 0, "the inbox has forgotten the message");
    post.redeliver(&event).await;
    post.mail(ADA).await;
    assert_eq!(post.log(ADA).await.len(), 1);
}

#[tokio::test]
async fn two_events_that_look_alike_cause_two_mails() {
    let post = Post::open().await;
    let event = refunded(None, Some(ADA));
    post.publish(event.clone()).await;
    post.publish(event).await;
    assert_eq!(post.mails(ADA).await.len(), 2, "two refunds of the same amount are two refunds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_processes_that_work_on_the_same_mail_send_it_once() {
    let post = Post::open().await;
    if post.db().engine() == db::Engine::Sqlite {
        return;
    }
    let other = post.another_process().await;
    for number in 0..10 {
        let email = format!("ada{number}@example.org");
        post.deliver(&StandardMessage::now(post.clock.now(), placed(None, &email))).await;
    }
    let theirs = other.runtime("notification").unwrap();
    for _ in 0..3 {
        let both = join_all([post.runtime().settle(), theirs.settle()]).await;
        assert!(both.iter().all(Result::is_ok));
    }
    post.after(Duration::from_secs(61)).await;
    for number in 0..10 {
        post.mail(&format!("ada{number}@example.org")).await;
    }
    assert_eq!(post.published::<NotificationSent>().await.len(), 10);
    post.assert_sound().await;
    other.stop().await;
}
