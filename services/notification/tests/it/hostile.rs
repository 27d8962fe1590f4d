//! Names, addresses and texts that want to be something else.

use crate::drafts::{ADA, created, password_changed, placed, registered, updated};
use crate::stories::{Post, SUPPORT};
use api::ids::UserId;
use api::notification::NotificationStatus;

/// Header names of a mail's source.
async fn headers(post: &Post, to: &str) -> Vec<String> {
    let id = post.mails(to).await.last().unwrap().summary.id;
    let source = post.get(&format!("/api/mailbox/{id}/source")).as_staff(SUPPORT).await.expect(200).text();
    let (head, _) = source.split_once("\r\n\r\n").unwrap();
    let starts = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
    starts.map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn names_of_any_script_and_length_make_proper_mails() {
    let post = Post::open().await;
    post.publish(placed(None, ADA)).await;
    let plain = headers(&post, ADA).await;
    let long = "ß".repeat(5000);
    let names = [
        "محمد العربي",
        "גרייס הופר",
        "Grace \u{202e}repoH\u{202c}",
        "李小龍",
        "👩‍👩‍👧‍👦 Family",
        "Ada\r\nBcc: victim@example.org\r\n\r\n<script>",
        "\"Ada\" <victim@example.org>",
        "=?utf-8?q?x?=",
        "<script>alert(1)</script>{{7*7}}{% for x in y %}",
        "Z̸̡̛͖a̷͝l̶g̵o̷",
        &long,
        "   ",
        "",
    ];
    for (index, name) in names.into_iter().enumerate() {
        let email = format!("ada{index}@example.org");
        let mut order = placed(None, &email);
        order.customer_name = name.into();
        order.items[0].product_name = format!("{name} mug");
        order.shipping_details.recipient_name = Some(name.into());
        post.publish(order).await;
        let mail = post.mail(&email).await;
        assert_eq!(headers(&post, &email).await, plain, "{name:.40}");
        assert!(!mail.html.contains("<script>"), "{name:.40}");
        assert_eq!(mail.html.contains("{{7*7}}"), name.contains("{{7*7}}"), "{name:.40}");
        assert!(!mail.text.contains('\u{202e}') && !mail.html.contains('\u{202e}'), "{name:.40}");
        assert!(mail.text.len() < 4000 && mail.html.len() < 30_000, "{name:.40}");
        post.assert_ended(&email, NotificationStatus::Sent, None).await;
    }
    let rtl = post.mail("ada0@example.org").await;
    assert!(rtl.text.starts_with("Hello محمد العربي,"), "{}", rtl.text);
    assert!(rtl.html.contains("<bdi>محمد العربي</bdi>"));
    assert!(post.mail("ada12@example.org").await.text.starts_with("Hello,\n"));
}

#[tokio::test]
async fn names_of_accounts_are_no_better() {
    let post = Post::open().await;
    let user = UserId::new();
    let mut account = created(user, ADA);
    account.first_name = Some("Ada\r\nBcc: victim@example.org".into());
    post.publish(account).await;
    let mut welcome = registered(user, ADA);
    welcome.first_name = None;
    post.publish(welcome).await;
    assert!(!headers(&post, ADA).await.iter().any(|name| name == "Bcc"));
    post.publish(updated(user, 2, |snapshot| snapshot.first_name = Some("A".repeat(5000)))).await;
    post.publish(password_changed(user, ADA)).await;
    assert_eq!(post.mails(ADA).await.len(), 2);
}

#[tokio::test]
async fn an_address_that_cannot_be_written_to_fails_and_harms_nobody() {
    let post = Post::open().await;
    for bad in [
        "",
        "ada",
        "ada@",
        "ada@example.org\r\nRCPT TO:<victim@example.org>",
        "<ada@example.org>",
        "a b@c.de",
    ] {
        let mut order = placed(None, ADA);
        order.customer_email = bad.into();
        post.publish(order).await;
    }
    let path = "/api/admin/notifications/log?limit=100";
    let rows = post.get(path).as_staff(SUPPORT).await.expect(200).value();
    let rows = rows["items"].as_array().unwrap().clone();
    assert_eq!(rows.len(), 6);
    assert!(rows.iter().all(|row| row["status"] == "FAILED"), "{rows:?}");
    post.assert_sound().await;
}

#[tokio::test]
async fn mails_reach_people_with_addresses_beyond_ascii() {
    let post = Post::open().await;
    for address in ["ünï@exämple.org", "ada@例え.jp"] {
        post.publish(placed(None, address)).await;
        post.assert_ended(address, NotificationStatus::Sent, None).await;
    }
}

#[tokio::test]
async fn an_order_of_a_thousand_lines_is_confirmed() {
    let post = Post::open().await;
    let mut order = placed(None, ADA);
    let line = order.items[0].clone();
    order.items = (0..500)
        .map(|number| api::shared::OrderItem { sku: format!("S-{number}"), ..line.clone() })
        .collect();
    post.publish(order).await;
    assert_eq!(post.mail(ADA).await.text.matches("2 × Mug").count(), 500);
}
