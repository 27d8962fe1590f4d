//! `/api/admin/notifications/log`.

use crate::drafts::{ADA, placed, verification};
use crate::smtp_server::{Act, SmtpServer};
use crate::stories::{MARKETING, Post, SUPPORT};
use api::ids::NotificationId;
use api::notification::{LogEntry, NotificationAccepted, NotificationAuditRecorded, NotificationStatus};
use api::user::ClaimPurpose;
use auth::Role;
use base::page::Page;

async fn list(post: &Post, query: &str) -> Vec<LogEntry> {
    let page: Page<LogEntry> =
        post.get(&format!("/api/admin/notifications/log?{query}")).as_staff(SUPPORT).await.expect(200).json();
    page.items
}

#[tokio::test]
async fn staff_find_mails_by_recipient_status_and_time_and_never_see_whole_addresses() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    post.publish(placed(Some(user), ADA)).await;
    post.clock.advance(std::time::Duration::from_secs(60));
    post.publish(placed(None, "bob@example.org")).await;
    assert_eq!(list(&post, "").await.len(), 2);
    assert_eq!(list(&post, "recipient=ADA@example.org").await.len(), 1);
    assert_eq!(list(&post, &format!("recipient={user}")).await.len(), 1);
    assert_eq!(list(&post, "recipient=carol@example.org").await.len(), 0);
    assert_eq!(list(&post, "status=FAILED").await.len(), 0);
    assert_eq!(list(&post, "status=SENT&channel=EMAIL").await.len(), 2);
    assert_eq!(list(&post, "channel=SMS").await.len(), 0);
    assert_eq!(list(&post, "from=2026-03-02T09:00:30Z").await.len(), 1);
    assert_eq!(list(&post, "to=2026-03-02T09:00:30Z").await.len(), 1);
    post.get("/api/admin/notifications/log?status=LOST").as_staff(SUPPORT).await.problem(422, "validation");
    let text = post.get("/api/admin/notifications/log").as_staff(SUPPORT).await.text();
    assert!(!text.contains(ADA) && text.contains("a***@example.org"), "{text}");
    let guest = list(&post, "recipient=bob@example.org").await.remove(0);
    assert!(guest.recipient_id.starts_with("address:") && !guest.recipient_id.contains("bob"));
    post.get("/api/admin/notifications/log")
        .as_staff(&[Role::CatalogManager])
        .await
        .problem(403, "forbidden");
    post.get("/api/admin/notifications/log").as_user(user).await.problem(403, "forbidden");
}

#[tokio::test]
async fn reading_one_is_noted() {
    let post = Post::open().await;
    post.publish(placed(None, ADA)).await;
    let row = post.only(ADA).await;
    let detail = post.detail(row.id).await;
    assert_eq!((detail.tries.len(), detail.tries[0].outcome.as_str()), (1, "ACCEPTED"));
    assert_eq!(detail.tries[0].provider, "mailbox");
    post.settle().await;
    let [list, record] = post.published::<NotificationAuditRecorded>().await.try_into().unwrap();
    assert_eq!(list.0.action, "notification.list");
    assert_eq!(
        (record.0.action.as_str(), record.0.resource_id),
        ("notification.read", Some(row.id.to_string()))
    );
    let path = format!("/api/admin/notifications/log/{}", NotificationId::new());
    post.get(&path).as_staff(SUPPORT).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_mail_is_sent_again_by_hand_as_a_new_one() {
    let post = Post::open().await;
    post.publish(placed(None, ADA)).await;
    let old = post.only(ADA).await;
    let path = format!("/api/admin/notifications/log/{}/resend", old.id);
    let again: NotificationAccepted = post.post(&path).as_staff(MARKETING).await.expect(202).json();
    post.settle().await;
    let mails = post.mails(ADA).await;
    assert_eq!(mails.len(), 2);
    assert_ne!(mails[0].summary.message_id, mails[1].summary.message_id);
    assert_eq!(mails[0].text, mails[1].text);
    let row = post.log(ADA).await.into_iter().find(|row| row.id == again.notification_id).unwrap();
    assert_eq!((row.resend_of, row.original_event_id), (Some(old.id), old.original_event_id));
    post.assert_sound().await;
    post.post(&path).as_user(api::ids::UserId::new()).await.problem(403, "forbidden");
}

#[tokio::test]
async fn what_has_not_ended_is_not_sent_again() {
    let server = SmtpServer::start().await;
    let post = Post::with(&[("smtp_url", server.url("?tls=none").into())]).await;
    server.plan(&[Act::Recipient("451 later")]);
    post.publish(placed(None, ADA)).await;
    let row = post.only(ADA).await;
    let path = format!("/api/admin/notifications/log/{}/resend", row.id);
    post.post(&path).as_staff(MARKETING).await.problem(409, "invalid-state");
}

#[tokio::test]
async fn a_secret_link_is_fetched_anew_when_its_mail_is_sent_again() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    let claim = post.users.claim(ClaimPurpose::EmailVerification);
    post.publish(verification(user, ADA, claim)).await;
    let old = post.only(&user.to_string()).await;
    post.users.claim_with(claim, Err("claim-used"));
    let path = format!("/api/admin/notifications/log/{}/resend", old.id);
    let again: NotificationAccepted = post.post(&path).as_staff(MARKETING).await.expect(202).json();
    post.settle().await;
    post.mail(ADA).await;
    let row =
        post.log(&user.to_string()).await.into_iter().find(|row| row.id == again.notification_id).unwrap();
    assert_eq!((row.status, row.reason.as_deref()), (NotificationStatus::Failed, Some("claim-used")));
}
