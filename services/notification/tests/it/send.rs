//! `POST /api/notifications/email`.

use crate::drafts::ADA;
use crate::stories::{HOME, MARKETING, Post, hours};
use api::notification::{NotificationAccepted, NotificationAuditRecorded, NotificationStatus};
use auth::Role;
use futures::future::join_all;
use serde_json::{Value, json};
use std::future::IntoFuture as _;

const PATH: &str = "/api/notifications/email";

fn message(to: impl ToString) -> Value {
    let context = json!({ "heading": "News", "body": "First.\n\nSecond." });
    json!({ "to": to.to_string(), "templateId": "message", "context": context })
}

#[tokio::test]
async fn staff_write_to_an_address_and_to_an_account() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    for to in ["bob@example.org".to_owned(), user.to_string()] {
        let accepted: NotificationAccepted =
            post.post(PATH).as_staff(MARKETING).json(&message(&to)).await.expect(202).json();
        assert_eq!(accepted.status, NotificationStatus::Queued);
    }
    post.settle().await;
    let mail = post.mail("bob@example.org").await;
    assert_eq!((mail.summary.subject.as_str(), mail.summary.template_id.as_str()), ("News", "message"));
    assert!(mail.text.starts_with("Hello,\n\nFirst.\n\nSecond.\n"), "{}", mail.text);
    assert!(post.mail(ADA).await.text.starts_with("Hello Ada,"));
    let noted = post.published::<NotificationAuditRecorded>().await;
    assert!(noted.iter().all(|record| record.0.action == "notification.send"));
    assert_eq!(noted.len(), 2);
    post.assert_sound().await;
}

#[tokio::test]
async fn the_bare_path_does_the_same_inside() {
    let post = Post::open().await;
    let _accepted =
        post.post("/notifications/email").as_service("user").json(&message(ADA)).await.expect(202);
    post.settle().await;
    post.mail(ADA).await;
    post.post("/notifications/email").as_service("cart").json(&message(ADA)).await.problem(403, "forbidden");
    post.post(PATH).as_staff(&[Role::CatalogManager]).json(&message(ADA)).await.problem(403, "forbidden");
    post.post(PATH).json(&message(ADA)).await.problem(401, "unauthenticated");
}

#[tokio::test]
async fn the_same_key_sends_once() {
    let post = Post::open().await;
    let mut body = message(ADA);
    body["idempotencyKey"] = json!("newsletter-7:ada");
    let send = |body: &Value| post.post(PATH).as_client(&["notification:send"]).json(body);
    let first: NotificationAccepted = send(&body).await.expect(202).json();
    post.settle().await;
    let second: NotificationAccepted = send(&body).await.expect(202).json();
    assert_eq!(first.notification_id, second.notification_id);
    assert_eq!(second.status, NotificationStatus::Sent);
    let mut other = body.clone();
    other["context"]["body"] = json!("Something else.");
    send(&other).await.problem(422, "idempotency-key-reuse");
    other["to"] = json!("bob@example.org");
    send(&other).await.problem(422, "idempotency-key-reuse");
    let _others_key = post.post(PATH).as_staff(MARKETING).json(&body).await.expect(202);
    post.settle().await;
    assert_eq!(post.mails(ADA).await.len(), 2, "the key of somebody else is another key");
    assert_eq!(post.mails("bob@example.org").await, []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn ten_calls_at_once_with_one_key_send_once() {
    let post = Post::open().await;
    let mut body = message(ADA);
    body["idempotencyKey"] = json!("k");
    let calls = (0..10).map(|_| post.post(PATH).as_client(&["notification:send"]).json(&body).into_future());
    let ids: std::collections::BTreeSet<_> = join_all(calls)
        .await
        .into_iter()
        .map(|answer| answer.expect(202).json::<NotificationAccepted>().notification_id)
        .collect();
    assert_eq!(ids.len(), 1);
    post.settle().await;
    post.mail(ADA).await;
}

#[tokio::test]
async fn a_mail_for_later_is_sent_later() {
    let post = Post::open().await;
    let mut body = message(ADA);
    body["sendAt"] = json!(post.clock.now() + hours(5));
    let accepted: NotificationAccepted =
        post.post(PATH).as_staff(MARKETING).json(&body).await.expect(202).json();
    assert_eq!(accepted.status, NotificationStatus::Scheduled);
    post.after(hours(4)).await;
    assert_eq!(post.mails(ADA).await, []);
    post.after(hours(1)).await;
    post.mail(ADA).await;
    body["sendAt"] = json!(post.clock.now() + hours(24 * 400));
    let problem = post.post(PATH).as_staff(MARKETING).json(&body).await.problem(422, "validation");
    assert_eq!(problem.errors[0].pointer, "/sendAt");
}

#[tokio::test]
async fn what_the_template_needs_is_named() {
    let post = Post::open().await;
    let send = |body: Value| post.post(PATH).as_staff(MARKETING).json(&body);
    send(json!({ "to": ADA, "templateId": "mesage", "context": {} }))
        .await
        .problem(404, "template-not-found");
    let problem = send(json!({ "to": ADA, "templateId": "message" })).await.problem(422, "template-context");
    assert_eq!(problem.extra["missing"], json!(["body", "heading"]));
    assert_eq!(problem.errors[0].pointer, "/context/body");
    let order = json!({ "to": ADA, "templateId": "order-confirmation", "context": { "orderNumber": "1" } });
    let problem = send(order).await.problem(422, "template-context");
    assert!(problem.errors.iter().any(|error| error.pointer == "/context/totalAmount"));
    for to in ["", "ada", "ada@example.org\r\nBcc: x@example.org", "00000000-0000"] {
        let problem = send(message(to)).await.expect(422).value();
        assert_eq!(problem["errors"][0]["pointer"], "/to", "{to:?}");
    }
}

#[tokio::test]
async fn nobody_writes_in_the_name_of_the_platforms_security() {
    let post = Post::open().await;
    let context = json!({ "secretUrl": format!("{HOME}/account/verify-email?token=x"), "expiresAt": "2026-03-03T09:00:00Z" });
    let body = json!({ "to": ADA, "templateId": "verify-email", "context": context });
    post.post(PATH).as_staff(MARKETING).json(&body).await.problem(403, "forbidden");
    let mut raised = message(ADA);
    raised["category"] = json!("SECURITY");
    post.post(PATH).as_staff(MARKETING).json(&raised).await.problem(403, "forbidden");
    post.post(PATH).as_service("user").json(&raised).await.problem(403, "forbidden");
    let _direct = post.post(PATH).as_service("user").json(&body).await.expect(202);
    post.settle().await;
    post.mail(ADA).await;
}

#[tokio::test]
async fn a_link_to_another_site_is_refused() {
    let post = Post::open().await;
    for url in [
        "https://evil.example/login",
        "http://shop.test@evil.example",
        "javascript:alert(1)",
        "//evil.example",
    ] {
        let mut body = message(ADA);
        body["context"]["linkUrl"] = json!(url);
        body["context"]["linkLabel"] = json!("Sign in");
        post.post(PATH).as_staff(MARKETING).json(&body).await.problem(422, "template-context");
    }
    let mut body = message(ADA);
    body["context"]["linkUrl"] = json!(format!("{HOME}/account"));
    body["context"]["linkLabel"] = json!("Your account");
    let _accepted = post.post(PATH).as_staff(MARKETING).json(&body).await.expect(202);
    post.settle().await;
    assert!(post.mail(ADA).await.text.contains(&format!("Your account:\n{HOME}/account")));
}

#[tokio::test]
async fn the_call_of_the_mission_sends_the_mail_of_the_mission() {
    let post = Post::open().await;
    let link = format!("{HOME}/account/reset-password?token=x");
    let context = json!({ "resetLink": link, "userName": "Ada" });
    let body = json!({ "to": ADA, "templateId": "password-reset", "context": context });
    let _accepted = post.post("/notifications/email").as_service("user").json(&body).await.expect(202);
    post.settle().await;
    let mail = post.mail(ADA).await;
    assert!(mail.text.starts_with("Hello Ada,") && mail.text.contains(&link), "{}", mail.text);
}
