//! The dispatch gate as the log shows it.

use crate::drafts::{ADA, password_changed, payment_failed, placed, registered, status_changed, updated};
use crate::stories::{MARKETING, Post, hours, minutes};
use api::ids::UserId;
use api::notification::{
    Category, CategoryChannels, Channel, NotificationSettings, NotificationStatus, QuietHours,
};
use api::user::UserStatus;
use serde_json::json;

async fn settings(post: &Post, user: UserId) -> NotificationSettings {
    post.get("/api/notifications/settings").as_user(user).await.expect(200).json()
}

async fn save(post: &Post, user: UserId, settings: &NotificationSettings) {
    let _saved = post.put("/api/notifications/settings").as_user(user).json(settings).await.expect(200);
}

/// Sets the customer's quiet hours.
async fn rest(post: &Post, user: UserId, from: &str, to: &str, timezone: &str) {
    let mut settings = settings(post, user).await;
    settings.quiet_hours = Some(QuietHours { from: from.into(), to: to.into(), timezone: timezone.into() });
    save(post, user, &settings).await;
}

async fn advertise(post: &Post, user: UserId) {
    let context = json!({ "heading": "Sale", "body": "Everything must go" });
    let body = json!({ "to": user, "templateId": "message", "category": "MARKETING", "context": context });
    let _accepted = post.post("/api/notifications/email").as_staff(MARKETING).json(&body).await.expect(202);
    post.settle().await;
}

#[tokio::test]
async fn a_category_that_is_switched_off_is_not_sent() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    let mut wanted = settings(&post, user).await;
    wanted.categories.insert(Category::OrderUpdates, CategoryChannels::from([(Channel::Email, false)]));
    save(&post, user, &wanted).await;
    post.publish(placed(Some(user), ADA)).await;
    post.assert_ended(&user.to_string(), NotificationStatus::Suppressed, Some("setting-off")).await;
    post.publish(password_changed(user, ADA)).await;
    assert_eq!(post.mail(ADA).await.summary.subject, "Your password was changed");
}

#[tokio::test]
async fn mail_switched_off_as_a_whole_leaves_what_is_mandatory() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    let mut wanted = settings(&post, user).await;
    wanted.email.enabled = false;
    save(&post, user, &wanted).await;
    post.publish(payment_failed(Some(user), Some(ADA))).await;
    post.publish(registered(user, ADA)).await;
    assert_eq!(post.mail(ADA).await.summary.template_id, "welcome");
}

#[tokio::test]
async fn advertising_needs_consent() {
    let post = Post::open().await;
    let user = UserId::new();
    post.publish(updated(user, 1, |_| {})).await;
    advertise(&post, user).await;
    post.assert_ended(&user.to_string(), NotificationStatus::Suppressed, Some("no-consent")).await;
    post.publish(updated(user, 2, |snapshot| snapshot.marketing_consent = true)).await;
    advertise(&post, user).await;
    post.mail(ADA).await;
    // Withdrawn meanwhile, an older event does not bring it back.
    post.publish(updated(user, 4, |_| {})).await;
    post.publish(updated(user, 3, |snapshot| snapshot.marketing_consent = true)).await;
    advertise(&post, user).await;
    assert_eq!(post.mails(ADA).await.len(), 1);
}

#[tokio::test]
async fn mail_waits_for_the_morning_of_the_customer() {
    // The clock stands at 09:00 UTC: evening in Tokyo, night in Los Angeles.
    for (zone, from, to, early) in [
        ("Asia/Tokyo", "18:00", "06:00", minutes(719)),
        ("America/Los_Angeles", "22:00", "07:30", minutes(389)),
        ("Europe/Berlin", "10:00", "10:15", minutes(14)),
    ] {
        let wait = early + minutes(1);
        let post = Post::open().await;
        let user = post.customer(ADA);
        rest(&post, user, from, to, zone).await;
        post.publish(placed(Some(user), ADA)).await;
        let row = post.only(&user.to_string()).await;
        assert_eq!(
            (row.status, row.reason.as_deref()),
            (NotificationStatus::Scheduled, Some("quiet-hours")),
            "{zone}"
        );
        assert_eq!(row.next_attempt_at, Some(post.clock.now() + wait), "{zone}");
        post.assert_sound().await;
        post.after(early).await;
        assert_eq!(post.mails(ADA).await, [], "{zone}");
        post.after(minutes(1)).await;
        post.mail(ADA).await;
        post.assert_ended(&user.to_string(), NotificationStatus::Sent, None).await;
    }
}

#[tokio::test]
async fn security_does_not_wait_for_the_morning() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    rest(&post, user, "00:00", "23:59", "UTC").await;
    post.publish(password_changed(user, ADA)).await;
    post.mail(ADA).await;
}

#[tokio::test]
async fn what_changes_during_the_night_counts_in_the_morning() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    rest(&post, user, "08:00", "10:00", "UTC").await;
    post.publish(placed(Some(user), ADA)).await;
    let mut wanted = settings(&post, user).await;
    wanted.categories.insert(Category::OrderUpdates, CategoryChannels::new());
    save(&post, user, &wanted).await;
    post.after(hours(1)).await;
    post.assert_ended(&user.to_string(), NotificationStatus::Suppressed, Some("setting-off")).await;
}

#[tokio::test]
async fn a_flood_to_one_address_is_stopped() {
    let post = Post::with(&[("most_per_hour", 3.into())]).await;
    for _ in 0..5 {
        post.publish(payment_failed(None, Some(ADA))).await;
    }
    assert_eq!(post.mails(ADA).await.len(), 3);
    assert_eq!(post.log(ADA).await[0].reason.as_deref(), Some("throttle"));
    post.publish(payment_failed(None, Some("bob@example.org"))).await;
    post.mail("bob@example.org").await;
    for _ in 0..5 {
        post.publish(placed(None, ADA)).await;
    }
    assert_eq!(post.mails(ADA).await.len(), 8, "paid orders are confirmed, however many");
    post.after(minutes(61)).await;
    post.publish(payment_failed(None, Some(ADA))).await;
    assert_eq!(post.mails(ADA).await.len(), 9);
    post.assert_sound().await;
}

#[tokio::test]
async fn a_closed_account_gets_security_mail_only() {
    let post = Post::open().await;
    let user = UserId::new();
    post.publish(updated(user, 1, |_| {})).await;
    post.publish(status_changed(user, 2, UserStatus::Deactivated)).await;
    post.publish(placed(Some(user), ADA)).await;
    post.assert_ended(&user.to_string(), NotificationStatus::Suppressed, Some("account-deactivated")).await;
    post.publish(password_changed(user, ADA)).await;
    post.mail(ADA).await;
    post.publish(status_changed(user, 3, UserStatus::Active)).await;
    post.publish(placed(Some(user), ADA)).await;
    assert_eq!(post.mails(ADA).await.len(), 2);
}

#[tokio::test]
async fn nobody_knows_whom_nobody_knows() {
    let post = Post::open().await;
    let user = UserId::new();
    post.publish(payment_failed(Some(user), None)).await;
    post.assert_ended(&user.to_string(), NotificationStatus::Suppressed, Some("recipient-unknown")).await;
    post.publish(payment_failed(None, None)).await;
    post.assert_sound().await;
}
