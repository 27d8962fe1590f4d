//! What is known of people: copies by events, questions to user-service, erasure.

use crate::drafts::{
    ADA, created, password_changed, payment_failed, placed, registered, status_changed, updated, verification,
};
use crate::stories::{MARKETING, Post, hours, minutes};
use api::ids::UserId;
use api::notification::{NotificationFailed, NotificationStatus};
use api::user::{ClaimPurpose, UserStatus};
use serde_json::json;
use std::time::Duration;

#[tokio::test]
async fn an_older_event_never_replaces_a_newer_one() {
    let post = Post::open().await;
    let user = UserId::new();
    post.publish(updated(user, 7, |snapshot| snapshot.first_name = Some("Grace".into()))).await;
    post.publish(updated(user, 6, |snapshot| snapshot.first_name = Some("Mallory".into()))).await;
    post.publish(created(user, "first@example.org")).await;
    post.publish(password_changed(user, ADA)).await;
    assert!(post.mail(ADA).await.text.starts_with("Hello Grace,"));
    post.publish(updated(user, 7, |snapshot| snapshot.first_name = Some("Equal".into()))).await;
    post.publish(password_changed(user, ADA)).await;
    assert!(post.mails(ADA).await[1].text.starts_with("Hello Equal,"), "a part of the same change");
}

#[tokio::test]
async fn the_order_of_status_events_does_not_matter() {
    let post = Post::open().await;
    let user = UserId::new();
    post.publish(updated(user, 1, |_| {})).await;
    post.publish(status_changed(user, 5, UserStatus::Active)).await;
    post.publish(status_changed(user, 4, UserStatus::Deactivated)).await;
    post.publish(updated(user, 3, |snapshot| snapshot.status = UserStatus::Deactivated)).await;
    post.publish(placed(Some(user), ADA)).await;
    post.mail(ADA).await;
}

#[tokio::test]
async fn a_mail_waits_for_user_service_to_come_back() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    post.users.set_down(true);
    post.publish(payment_failed(Some(user), None)).await;
    post.publish(verification(user, ADA, post.users.claim(ClaimPurpose::EmailVerification))).await;
    for row in post.log(&user.to_string()).await {
        assert_eq!((row.status, row.attempts), (NotificationStatus::Queued, 1), "{row:?}");
        assert_eq!(row.reason.as_deref(), Some("user-service-unavailable"));
    }
    post.users.set_down(false);
    post.after(Duration::from_secs(10)).await;
    assert_eq!(post.mails(ADA).await.len(), 2);
    post.assert_sound().await;
}

#[tokio::test]
async fn a_link_that_runs_out_while_user_service_is_away_is_given_up() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    post.users.set_down(true);
    let mut event = verification(user, ADA, post.users.claim(ClaimPurpose::EmailVerification));
    event.expires_at = post.clock.now() + minutes(1);
    post.publish(event).await;
    post.after(minutes(2)).await;
    post.assert_ended(&user.to_string(), NotificationStatus::Failed, Some("expired")).await;
    assert_eq!(post.published::<NotificationFailed>().await[0].reason, "expired");
}

#[tokio::test]
async fn a_user_service_that_stays_away_ends_in_failure() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    post.users.set_down(true);
    post.publish(payment_failed(Some(user), None)).await;
    for wait in [minutes(1), minutes(2), minutes(6), minutes(31), hours(3)] {
        post.after(wait).await;
    }
    post.assert_ended(&user.to_string(), NotificationStatus::Failed, Some("user-service-unavailable")).await;
    let [failed] = post.published::<NotificationFailed>().await.try_into().unwrap();
    assert_eq!((failed.reason.as_str(), failed.is_retriable), ("retries-exhausted", true));
}

#[tokio::test]
async fn an_erased_person_leaves_nothing_behind() {
    let post = Post::open().await;
    let user = UserId::new();
    post.publish(created(user, ADA)).await;
    post.publish(registered(user, ADA)).await;
    post.publish(placed(Some(user), ADA)).await;
    let later = json!({ "to": user, "templateId": "message", "sendAt": post.clock.now() + hours(5),
        "context": { "heading": "Hi", "body": "Hello" } });
    let _scheduled = post.post("/api/notifications/email").as_staff(MARKETING).json(&later).await.expect(202);
    let erased = post.publish(status_changed(user, 9, UserStatus::Deleted)).await;
    post.redeliver(&erased).await;
    assert_eq!(post.mails(ADA).await, [], "the mailbox forgets too");
    let rows = post.log(&user.to_string()).await;
    assert_eq!(rows.len(), 3);
    assert!(rows.iter().all(|row| row.recipient_address == "***"), "{rows:?}");
    assert!(rows.iter().any(|row| row.status == NotificationStatus::Cancelled));
    for table in ["contact", "settings", "notification"] {
        let text = dump(&post, table).await;
        assert!(!text.contains("ada") && !text.contains("Lovelace"), "{table}: {text}");
    }
    let path = format!("/api/admin/notifications/log/{}/resend", rows[0].id);
    post.post(&path).as_staff(MARKETING).await.problem(409, "content-forgotten");
    // Late events of a dead account bring nothing back.
    post.publish(updated(user, 10, |_| {})).await;
    post.publish(placed(Some(user), ADA)).await;
    post.after(hours(6)).await;
    assert_eq!(post.mails(ADA).await, []);
    assert_eq!(post.log(ADA).await[0].reason.as_deref(), Some("recipient-erased"));
    post.assert_sound().await;
}

/// Every text of the table that could name somebody.
async fn dump(post: &Post, table: &'static str) -> String {
    let columns = match table {
        "contact" => "email || COALESCE(first_name, '') || COALESCE(last_name, '')",
        "settings" => "locale",
        _ => {
            "COALESCE(address, '') || COALESCE(name, '') || COALESCE(title, '') || COALESCE(CAST(context AS TEXT), '')"
        }
    };
    let query = db::sql(format!("SELECT {columns} FROM {table}"));
    let rows: Vec<(String,)> = query.all(&mut post.db().conn().await.unwrap()).await.unwrap();
    rows.into_iter().map(|row| row.0).collect::<Vec<_>>().join("\n").to_lowercase()
}
