//! The built-in mailbox: pages and JSON.

use crate::drafts::{ADA, placed};
use crate::stories::{Post, SUPPORT};
use api::ids::UserId;
use api::notification::{MailboxMail, MailboxSummary, NotificationAuditRecorded};
use base::page::Page;
use serde_json::json;
use testkit::Answer;

fn assert_locked_down(answer: &Answer) {
    let policy = answer.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("script"), "{policy}");
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[tokio::test]
async fn staff_read_mails_as_json_as_pages_and_as_source() {
    let post = Post::open().await;
    post.publish(placed(None, ADA)).await;
    post.publish(placed(None, "bob+shop@example.org")).await;
    let list: Page<MailboxSummary> = post.get("/api/mailbox").as_staff(SUPPORT).await.expect(200).json();
    assert_eq!(list.items.len(), 2);
    let one: Page<MailboxSummary> =
        post.get("/api/mailbox?to=BOB%2Bshop@example.org").as_staff(SUPPORT).await.expect(200).json();
    assert_eq!(one.items.len(), 1);
    let path = format!("/api/mailbox/{}", one.items[0].id);
    let mail: MailboxMail = post.get(&path).as_staff(SUPPORT).await.expect(200).json();
    assert_eq!(mail.summary, one.items[0]);
    let page =
        post.get("/api/mailbox?to=ada@example.org").as_staff(SUPPORT).header("accept", "text/html,*/*").await;
    let page = page.expect(200);
    assert_locked_down(&page);
    assert!(page.text().contains("Your order ORD-7Q2M4X9KTB") && !page.text().contains("bob+shop"));
    let page = post.get(&path).as_staff(SUPPORT).header("accept", "text/html").await.expect(200);
    assert_locked_down(&page);
    let text = page.text();
    assert!(text.contains("<iframe title=\"HTML part\" sandbox=\"allow-popups allow-popups-to-escape-sandbox\" srcdoc=\"&lt;!doctype"), "{text}");
    assert!(!text.contains("<script"));
    let source = post.get(&format!("{path}/source")).as_staff(SUPPORT).await.expect(200);
    assert_locked_down(&source);
    assert_eq!(source.header("content-type"), Some("text/plain; charset=utf-8"));
    assert!(source.text().contains(&format!("Message-ID: {}", mail.summary.message_id)));
    post.settle().await;
    let noted = post.published::<NotificationAuditRecorded>().await;
    assert_eq!(noted.iter().filter(|record| record.0.action == "mailbox.read").count(), 3);
}

#[tokio::test]
async fn the_mailbox_is_closed_unless_it_is_a_demonstration() {
    let post = Post::open().await;
    post.publish(placed(None, ADA)).await;
    for path in ["/api/mailbox", "/api/mailbox/0197b5a2-7c1e-7a44-9d0b-3f6f0f7f2a10"] {
        post.get(path).await.problem(401, "unauthenticated");
        post.get(path).as_user(UserId::new()).await.problem(403, "forbidden");
        post.get(path).as_staff(&[auth::Role::CatalogManager]).await.problem(403, "forbidden");
    }
    post.get("/internal/mailbox").as_staff(SUPPORT).await.problem(403, "forbidden");
    post.get("/internal/mailbox").as_service("order").await.problem(403, "forbidden");
    let demo = Post::with(&[("mailbox_public", true.into())]).await;
    demo.publish(placed(None, ADA)).await;
    let list: Page<MailboxSummary> = demo.get("/api/mailbox").await.expect(200).json();
    let page = demo
        .get(&format!("/api/mailbox/{}", list.items[0].id))
        .header("accept", "text/html")
        .await
        .expect(200);
    assert_locked_down(&page);
    demo.get("/internal/mailbox").await.problem(401, "unauthenticated");
    demo.get("/api/mailbox/0197b5a2-7c1e-7a44-9d0b-3f6f0f7f2a10").await.problem(404, "not-found");
    demo.get("/api/mailbox/none").await.problem(404, "not-found");
}

#[tokio::test]
async fn a_hostile_mail_stays_in_its_frame() {
    let post = Post::with(&[("mailbox_public", true.into())]).await;
    let evil = "\"></iframe><script>alert(1)</script>";
    let body = json!({ "to": ADA, "templateId": "message", "context": { "heading": evil, "body": evil } });
    let _accepted = post.post("/api/notifications/email").as_staff(SUPPORT).json(&body).await.expect(202);
    post.settle().await;
    let list = post.get("/api/mailbox").header("accept", "text/html").await.expect(200).text();
    let id = post.mail(ADA).await.summary.id;
    let page = post.get(&format!("/api/mailbox/{id}")).header("accept", "text/html").await.expect(200).text();
    for text in [list, page] {
        assert!(!text.contains("<script>") && !text.contains("</iframe><script"), "{text}");
    }
    let query = "/api/mailbox?to=%22%3E%3Cscript%3Ealert(1)%3C/script%3E";
    let page = post.get(query).header("accept", "text/html").await.expect(200).text();
    assert!(!page.contains("<script>"), "{page}");
}

#[tokio::test]
async fn long_mailboxes_come_in_pages() {
    let post = Post::with(&[("mailbox_public", true.into())]).await;
    for _ in 0..3 {
        post.publish(placed(None, ADA)).await;
    }
    let first: Page<MailboxSummary> = post.get("/api/mailbox?limit=2").await.expect(200).json();
    let path = format!("/api/mailbox?limit=2&cursor={}", first.next_cursor.clone().unwrap());
    let second: Page<MailboxSummary> = post.get(&path).await.expect(200).json();
    assert_eq!((first.items.len(), second.items.len(), second.next_cursor), (2, 1, None));
    let page = post.get("/api/mailbox?limit=2").header("accept", "text/html").await.expect(200).text();
    assert!(page.contains("Older mails"));
}
