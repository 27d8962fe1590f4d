//! Contents are forgotten after 30 days, the log after 180.

use crate::drafts::{ADA, placed};
use crate::stories::{MARKETING, Post, SUPPORT, hours};
use serde_json::json;

#[tokio::test]
async fn contents_go_first_and_the_log_later() {
    let post = Post::open().await;
    post.publish(placed(None, ADA)).await;
    let row = post.only(ADA).await;
    post.after(hours(24 * 29)).await;
    post.mail(ADA).await;
    let path = format!("/api/admin/notifications/log/{}", row.id);
    post.after(hours(49)).await;
    assert_eq!(post.mails(ADA).await, [], "the mailbox forgets too");
    let kept = post.get(&path).as_staff(SUPPORT).await.expect(200).value();
    assert_eq!(
        (kept["status"].as_str(), kept["recipientAddress"].as_str()),
        (Some("SENT"), Some("a***@example.org"))
    );
    post.post(&format!("{path}/resend")).as_staff(MARKETING).await.problem(409, "content-forgotten");
    let left: i64 =
        db::sql("SELECT COUNT(*) FROM notification WHERE address IS NOT NULL OR context IS NOT NULL")
            .scalar(&mut post.db().conn().await.unwrap())
            .await
            .unwrap();
    assert_eq!(left, 0);
    post.assert_sound().await;
    post.after(hours(24 * 150)).await;
    post.get(&path).as_staff(SUPPORT).await.problem(404, "not-found");
    post.assert_sound().await;
}

#[tokio::test]
async fn what_has_not_been_sent_yet_is_not_forgotten() {
    let post = Post::open().await;
    let later = json!({ "to": ADA, "templateId": "message", "sendAt": post.clock.now() + hours(24 * 200),
        "context": { "heading": "Hi", "body": "Hello" } });
    let _scheduled = post.post("/api/notifications/email").as_staff(MARKETING).json(&later).await.expect(202);
    for _ in 0..5 {
        post.after(hours(24 * 40)).await;
    }
    post.mail(ADA).await;
}
