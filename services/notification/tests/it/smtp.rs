//! Delivery to an SMTP server that answers, refuses, hangs and breaks off.

use crate::drafts::{ADA, placed, verified};
use crate::smtp_server::{Act, Encryption, SmtpServer};
use crate::stories::{MARKETING, Post, hours, minutes};
use api::ids::UserId;
use api::notification::{NotificationFailed, NotificationSent, NotificationStatus};
use serde_json::json;
use std::time::Duration;

async fn post_to(server: &SmtpServer) -> Post {
    Post::with(&[
        ("smtp_url", server.url("?tls=none").into()),
        ("smtp_timeout", "400ms".into()),
        ("from_address", "orders@shop.example".into()),
    ])
    .await
}

#[tokio::test]
async fn a_mail_reaches_the_server() {
    let server = SmtpServer::start().await;
    let post = post_to(&server).await;
    post.publish(placed(None, ADA)).await;
    let [mail] = server.taken().try_into().unwrap();
    assert_eq!(mail.to, [ADA]);
    let row = post.only(ADA).await;
    assert_eq!(mail.message_id(), format!("<{}@shop.example>", row.id));
    assert!(mail.content.contains("From: Emporion <orders@shop.example>\n"), "{}", mail.content);
    assert!(mail.content.contains("To: \"Ada Lovelace\" <ada@example.org>\n"), "{}", mail.content);
    assert!(mail.content.contains("multipart/alternative"));
    assert!(server.commands().iter().any(|line| line == "EHLO shop.example"));
    assert_eq!(post.published::<NotificationSent>().await.len(), 1);
    post.assert_ended(ADA, NotificationStatus::Sent, None).await;
    post.get("/api/mailbox").as_staff(MARKETING).await.problem(404, "not-found");
}

#[tokio::test]
async fn several_mails_share_a_connection() {
    let server = SmtpServer::start().await;
    let post = post_to(&server).await;
    for _ in 0..3 {
        post.publish(placed(None, ADA)).await;
    }
    assert_eq!((server.taken().len(), server.connections()), (3, 1));
}

#[tokio::test]
async fn a_connection_the_server_closed_meanwhile_costs_no_attempt() {
    let server = SmtpServer::start().await;
    let post = post_to(&server).await;
    post.publish(placed(None, "first@example.org")).await;
    server.plan(&[Act::DropAtSender]);
    post.publish(placed(None, ADA)).await;
    assert_eq!(post.only(ADA).await.attempts, 1);
    assert_eq!((server.taken().len(), server.connections()), (2, 2));
}

#[tokio::test]
async fn an_address_that_does_not_exist_gets_nothing_more_until_it_is_proven() {
    let server = SmtpServer::start().await;
    let post = post_to(&server).await;
    server.plan(&[Act::Recipient("550 5.1.1 no such user here")]);
    post.publish(placed(None, ADA)).await;
    post.assert_ended(ADA, NotificationStatus::Failed, Some("smtp-550")).await;
    let [failed] = post.published::<NotificationFailed>().await.try_into().unwrap();
    assert_eq!((failed.reason.as_str(), failed.error_code.as_deref()), ("rejected", Some("smtp-550")));
    assert!(!failed.is_retriable);
    post.publish(placed(None, "ADA@Example.org")).await;
    let rows = post.log(ADA).await;
    assert_eq!(rows[0].status, NotificationStatus::Suppressed);
    assert_eq!(rows[0].reason.as_deref(), Some("address-suppressed"));
    assert_eq!(server.taken().len(), 0, "the second order did not even reach the server");
    let body = json!({ "to": ADA, "templateId": "message", "context": { "heading": "Hi", "body": "Hello" } });
    let send = || post.post("/api/notifications/email").as_staff(MARKETING).json(&body);
    send().await.problem(422, "recipient-suppressed");
    let path = format!("/api/admin/notifications/log/{}/resend", rows[0].id);
    post.post(&path).as_staff(MARKETING).await.problem(422, "recipient-suppressed");
    post.publish(verified(UserId::new(), ADA)).await;
    let _accepted = send().await.expect(202);
    post.settle().await;
    assert_eq!(server.taken().len(), 1, "its owner has proven the address");
    post.assert_sound().await;
}

#[tokio::test]
async fn an_address_that_came_back_gets_another_chance_after_a_while() {
    let server = SmtpServer::start().await;
    let post = post_to(&server).await;
    server.plan(&[Act::Recipient("550 5.1.1 no such user here")]);
    post.publish(placed(None, ADA)).await;
    post.after(hours(24 * 89)).await;
    post.publish(placed(None, ADA)).await;
    assert_eq!(server.taken().len(), 0);
    post.after(hours(25)).await;
    post.publish(placed(None, ADA)).await;
    assert_eq!(server.taken().len(), 1);
}

#[tokio::test]
async fn a_refused_policy_or_content_fails_but_says_nothing_about_the_address() {
    let server = SmtpServer::start().await;
    let post = post_to(&server).await;
    let acts = [
        (Act::Recipient("550 5.7.1 relaying denied"), "smtp-550"),
        (Act::Recipient("552 5.2.2 mailbox full"), "smtp-552"),
        (Act::Content("554 5.6.0 looks like spam"), "smtp-554"),
        (Act::Content("550 rejected"), "smtp-550"),
    ];
    for (act, code) in acts {
        server.plan(&[act]);
        post.publish(placed(None, ADA)).await;
        assert_eq!(post.log(ADA).await[0].reason.as_deref(), Some(code), "{act:?}");
    }
    post.publish(placed(None, ADA)).await;
    assert_eq!(post.log(ADA).await[0].status, NotificationStatus::Sent);
    post.assert_sound().await;
}

#[tokio::test]
async fn a_server_that_is_busy_is_asked_again_on_the_schedule() {
    let server = SmtpServer::start().await;
    let post = post_to(&server).await;
    server.plan(&[Act::Recipient("451 4.3.0 try again later"); 6]);
    post.publish(placed(None, ADA)).await;
    for (asked, wait) in (1..).zip([10, 60, 300, 1800, 7200]) {
        let row = post.only(ADA).await;
        assert_eq!((row.status, row.attempts), (NotificationStatus::Queued, asked));
        assert_eq!(row.next_attempt_at, Some(post.clock.now() + Duration::from_secs(wait)));
        post.after(Duration::from_secs(wait - 1)).await;
        assert_eq!(post.only(ADA).await.attempts, asked, "not earlier than after {wait} s");
        post.after(Duration::from_secs(1)).await;
    }
    post.assert_ended(ADA, NotificationStatus::Failed, Some("smtp-451")).await;
    let detail = post.detail(post.only(ADA).await.id).await;
    assert_eq!(detail.tries.len(), 6);
    assert!(detail.tries.iter().all(|attempt| attempt.outcome == "RETRY" && attempt.provider == "smtp"));
    let [failed] = post.published::<NotificationFailed>().await.try_into().unwrap();
    assert_eq!(failed.reason, "retries-exhausted");
    assert!(failed.is_retriable);
    post.after(hours(24)).await;
    assert_eq!(post.only(ADA).await.attempts, 6);
}

#[tokio::test]
async fn what_the_server_says_about_the_sender_is_put_right_in_time() {
    let server = SmtpServer::start().await;
    let post = post_to(&server).await;
    server.plan(&[Act::Sender("550 5.7.1 sender not allowed")]);
    post.publish(placed(None, ADA)).await;
    assert_eq!(post.only(ADA).await.status, NotificationStatus::Queued);
    post.after(Duration::from_secs(10)).await;
    post.assert_ended(ADA, NotificationStatus::Sent, None).await;
}

#[tokio::test]
async fn a_server_that_is_away_or_silent_is_asked_again() {
    let server = SmtpServer::start().await;
    let post = post_to(&server).await;
    server.greet(Some(""));
    post.publish(placed(None, ADA)).await;
    assert_eq!(post.only(ADA).await.reason.as_deref(), Some("smtp-timeout"));
    server.greet(Some("421 too many connections"));
    post.after(Duration::from_secs(10)).await;
    assert_eq!(post.only(ADA).await.reason.as_deref(), Some("smtp-421"));
    server.greet(None);
    post.after(minutes(1)).await;
    post.assert_ended(ADA, NotificationStatus::Sent, None).await;
    assert_eq!(server.taken().len(), 1);
    let nobody = Post::with(&[("smtp_url", "smtp://127.0.0.1:1?tls=none".into())]).await;
    nobody.publish(placed(None, ADA)).await;
    assert_eq!(nobody.only(ADA).await.reason.as_deref(), Some("smtp-unreachable"));
}

#[tokio::test]
async fn a_lost_answer_leads_to_the_same_mail_again_with_the_same_message_id() {
    for act in [Act::DropAfterContent, Act::HangAfterContent] {
        let server = SmtpServer::start().await;
        let post = post_to(&server).await;
        server.plan(&[act]);
        post.publish(placed(None, ADA)).await;
        let row = post.only(ADA).await;
        assert_eq!((row.status, row.attempts), (NotificationStatus::Queued, 1), "{act:?}");
        assert_eq!(post.detail(row.id).await.tries[0].outcome, "UNKNOWN");
        post.after(Duration::from_secs(10)).await;
        post.assert_ended(ADA, NotificationStatus::Sent, None).await;
        let [first, second] = server.taken().try_into().unwrap();
        assert_eq!(first.message_id(), second.message_id(), "{act:?}");
        assert_eq!(server.connections(), 2, "a connection without answer is never used again");
    }
}

#[tokio::test]
async fn advertising_whose_answer_was_lost_is_not_repeated() {
    let server = SmtpServer::start().await;
    let post = post_to(&server).await;
    let user = UserId::new();
    post.publish(crate::drafts::updated(user, 1, |snapshot| snapshot.marketing_consent = true)).await;
    server.plan(&[Act::DropAfterContent]);
    let context = json!({ "heading": "Sale", "body": "Everything must go" });
    let body = json!({ "to": user, "templateId": "message", "category": "MARKETING", "context": context });
    let _accepted = post.post("/api/notifications/email").as_staff(MARKETING).json(&body).await.expect(202);
    post.settle().await;
    post.after(hours(3)).await;
    assert_eq!(server.taken().len(), 1);
    assert_eq!(post.only(&user.to_string()).await.status, NotificationStatus::Failed);
    post.assert_sound().await;
}

#[tokio::test]
async fn nothing_is_sent_in_the_clear_when_encryption_is_required() {
    let server = SmtpServer::start().await;
    let post = Post::with(&[("smtp_url", server.url("?tls=required").into())]).await;
    post.publish(placed(None, ADA)).await;
    assert_eq!(post.only(ADA).await.status, NotificationStatus::Queued);
    assert!(!server.commands().iter().any(|line| line.starts_with("MAIL")), "{:?}", server.commands());
    let post = Post::with(&[("smtp_url", server.url("?tls=opportunistic").into())]).await;
    post.publish(placed(None, ADA)).await;
    assert_eq!(server.taken().len(), 1, "opportunistic takes what the server offers");
}

#[tokio::test]
async fn no_recipient_is_smuggled_in() {
    let server = SmtpServer::start().await;
    let post = post_to(&server).await;
    let mut order = placed(None, ADA);
    order.customer_name = "Ada\r\nRCPT TO:<victim@example.org>\r\nBcc: victim@example.org\0".into();
    order.order.order_number = "ORD\r\nBcc: victim@example.org".into();
    order.items[0].product_name = "Mug\r\n.\r\nMAIL FROM:<x@example.org>\r\n".into();
    // NUL cannot be in a message; everything else can.
    order.customer_name = order.customer_name.replace('\0', "");
    post.publish(order).await;
    let [mail] = server.taken().try_into().unwrap();
    assert_eq!(mail.to, [ADA]);
    let head = mail.content.split("\n\n").next().unwrap();
    assert!(!head.lines().any(|line| line.to_ascii_lowercase().starts_with("bcc")), "{head}");
    let mails = server.commands().iter().filter(|line| line.starts_with("MAIL")).count();
    assert_eq!(mails, 1);
}

const AUTHORITY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/tls/ca.pem");

#[tokio::test]
async fn a_password_travels_only_after_encryption_with_a_server_that_proves_who_it_is() {
    let server = SmtpServer::encrypted(Encryption::Offered).await;
    let url = format!("smtp://shop:p%40ss@{}?tls=required", server.address());
    let unknown = Post::with(&[("smtp_url", url.clone().into())]).await;
    unknown.publish(placed(None, ADA)).await;
    assert_eq!(unknown.only(ADA).await.reason.as_deref(), Some("smtp-unreachable"));
    let before = server.commands();
    assert!(!before.iter().any(|line| line.starts_with("AUTH") || line.starts_with("MAIL")), "{before:?}");
    let known = Post::with(&[("smtp_url", url.into()), ("smtp_ca_file", AUTHORITY.into())]).await;
    known.publish(placed(None, ADA)).await;
    known.assert_ended(ADA, NotificationStatus::Sent, None).await;
    let commands = server.commands()[before.len()..].to_vec();
    let place = |verb: &str| commands.iter().position(|line| line.starts_with(verb)).unwrap();
    assert!(place("STARTTLS") < place("AUTH PLAIN") && place("AUTH PLAIN") < place("MAIL"), "{commands:?}");
}

#[tokio::test]
async fn a_server_may_be_encrypted_from_the_first_byte() {
    let server = SmtpServer::encrypted(Encryption::Always).await;
    let url = format!("smtps://shop:secret@{}", server.address());
    let post = Post::with(&[("smtp_url", url.into()), ("smtp_ca_file", AUTHORITY.into())]).await;
    for _ in 0..2 {
        post.publish(placed(None, ADA)).await;
    }
    assert_eq!((server.taken().len(), server.connections()), (2, 1));
}

/// What becomes of a mail when the server answers its attempts like this.
fn expected(acts: &[Act]) -> NotificationStatus {
    for act in acts {
        match act {
            Act::Accept => return NotificationStatus::Sent,
            Act::Recipient(line) | Act::Content(line) if line.starts_with('5') => {
                return NotificationStatus::Failed;
            }
            _ => {}
        }
    }
    NotificationStatus::Sent
}

#[tokio::test]
async fn whatever_the_server_does_a_mail_ends_and_the_log_tells_the_truth() {
    let acts = [
        Act::Accept,
        Act::Sender("554 not you"),
        Act::Recipient("450 later"),
        Act::Recipient("550 5.7.1 no"),
        Act::Content("554 no"),
        Act::DropAfterContent,
        Act::DropAtSender,
    ];
    let server = SmtpServer::start().await;
    let post = post_to(&server).await;
    for first in acts {
        for second in acts {
            let email = format!("{}@example.org", base::Id::<()>::new());
            let sure = matches!(expected(&[first]), NotificationStatus::Failed) || first == Act::Accept;
            let plan = if sure { vec![first] } else { vec![first, second] };
            server.plan(&plan);
            post.publish(placed(None, &email)).await;
            post.after(minutes(3)).await;
            post.after(minutes(10)).await;
            let row = post.only(&email).await;
            assert_eq!(row.status, expected(&plan), "{first:?} {second:?}: {row:?}");
            let sent = server.taken().iter().filter(|mail| mail.to == [email.clone()]).count();
            let lost =
                plan.iter().filter(|act| matches!(act, Act::DropAfterContent | Act::Content(_))).count();
            assert_eq!(
                sent,
                lost + usize::from(row.status == NotificationStatus::Sent),
                "{first:?} {second:?}"
            );
        }
    }
    post.assert_sound().await;
}
