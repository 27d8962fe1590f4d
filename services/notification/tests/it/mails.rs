//! Every mail from its event.

use crate::drafts::{
    ADA, cancelled, created, email_changed, password_changed, payment_failed, placed, refunded, registered,
    reset, shipped, updated, verification,
};
use crate::stories::{HOME, Post, START, hours};
use api::ids::{ClaimId, UserId};
use api::notification::{MailboxMail, NotificationSent, NotificationStatus};
use api::order::link;
use api::user::{ClaimPurpose, SecretClaim};

/// Asserts that the text holds each of the lines, and the HTML their beginning.
fn assert_says(mail: &MailboxMail, lines: &[&str]) {
    for line in lines {
        assert!(mail.text.contains(line), "{line:?} is missing in\n{}", mail.text);
    }
    assert!(mail.html.contains("<html"), "{}", mail.html);
}

#[tokio::test]
async fn a_new_customer_is_welcomed() {
    let post = Post::open().await;
    let user = UserId::new();
    post.publish(created(user, ADA)).await;
    post.publish(registered(user, ADA)).await;
    let mail = post.mail(ADA).await;
    assert_eq!(mail.summary.subject, "Welcome to Emporion");
    assert_says(&mail, &["Hello Ada,", HOME]);
    assert_eq!(mail.from, "Emporion <shop@localhost.localdomain>");
    assert!(post.users.asked().is_empty(), "everything was known from events");
    let sent = post.published::<NotificationSent>().await;
    assert_eq!((sent.len(), sent[0].recipient_address.as_str()), (1, "a***@example.org"));
    assert_eq!(sent[0].external_message_id.as_deref(), Some(mail.summary.message_id.as_str()));
    assert_eq!(sent[0].subject_or_title, None);
    post.assert_sound().await;
}

#[tokio::test]
async fn the_purpose_of_a_secret_link_decides_the_mail() {
    let post = Post::open().await;
    let cases = [
        (ClaimPurpose::EmailVerification, "Confirm your mail address"),
        (ClaimPurpose::SetPassword, "Set the password of your account"),
        (ClaimPurpose::PasswordReset, "Reset your password"),
        (ClaimPurpose::Reactivation, "Open your account again"),
    ];
    for (index, (purpose, subject)) in cases.into_iter().enumerate() {
        let email = format!("ada{index}@example.org");
        let (user, claim) = (post.customer(&email), post.users.claim(purpose));
        match purpose {
            ClaimPurpose::PasswordReset | ClaimPurpose::Reactivation => {
                post.publish(reset(user, &email, claim)).await;
            }
            _ => {
                post.publish(verification(user, &email, claim)).await;
            }
        }
        let mail = post.mail(&email).await;
        assert_eq!(mail.summary.subject, subject);
        let link = format!("{HOME}/account/secret?token=t-{claim}");
        assert_says(&mail, &["Hello Ada,", link.as_str(), "3 March 2026, 09:00 GMT"]);
        assert!(mail.html.contains(&format!("token=t-{claim}")));
    }
    post.assert_sound().await;
}

#[tokio::test]
async fn a_reset_tells_from_where_it_was_asked_for() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    post.publish(reset(user, ADA, post.users.claim(ClaimPurpose::PasswordReset))).await;
    assert_says(&post.mail(ADA).await, &["from the address 203.0.113.7"]);
}

#[tokio::test]
async fn a_link_that_was_used_or_ran_out_is_not_sent() {
    let post = Post::open().await;
    for (code, reason) in [("claim-used", "claim-used"), ("claim-expired", "claim-expired")] {
        let (user, claim) = (post.customer(ADA), ClaimId::new());
        post.users.claim_with(claim, Err(code));
        post.publish(verification(user, ADA, claim)).await;
        post.assert_ended(&user.to_string(), NotificationStatus::Failed, Some(reason)).await;
    }
    let user = post.customer(ADA);
    post.publish(verification(user, ADA, ClaimId::new())).await;
    post.assert_ended(&user.to_string(), NotificationStatus::Failed, Some("claim-unknown")).await;
    assert_eq!(post.mails(ADA).await, []);
}

#[tokio::test]
async fn a_link_that_leads_elsewhere_is_never_sent() {
    let post = Post::open().await;
    for url in ["https://evil.example/account", "http://shop.test.evil.example/", "javascript:alert(1)"] {
        let (user, claim) = (post.customer(ADA), ClaimId::new());
        let purpose = ClaimPurpose::EmailVerification;
        let secret = SecretClaim { purpose, url: Some(url.into()), code: None, expires_at: START + hours(1) };
        post.users.claim_with(claim, Ok(secret));
        post.publish(verification(user, ADA, claim)).await;
        post.assert_ended(&user.to_string(), NotificationStatus::Failed, Some("template")).await;
    }
    assert_eq!(post.mails(ADA).await, []);
}

#[tokio::test]
async fn the_link_of_the_first_administrator_is_not_for_mail() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    post.publish(verification(user, ADA, post.users.claim(ClaimPurpose::FirstAdmin))).await;
    post.assert_ended(&user.to_string(), NotificationStatus::Failed, Some("claim-not-for-mail")).await;
}

#[tokio::test]
async fn a_changed_password_is_reported_to_its_owner() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    post.publish(password_changed(user, ADA)).await;
    let mail = post.mail(ADA).await;
    assert_eq!(mail.summary.subject, "Your password was changed");
    assert_says(&mail, &["2 March 2026, 09:00 GMT"]);
}

#[tokio::test]
async fn a_changed_address_is_reported_to_the_old_and_the_new_one() {
    let post = Post::open().await;
    let user = post.customer("new@example.org");
    post.publish(email_changed(user, "old@example.org", "new@example.org")).await;
    for address in ["old@example.org", "new@example.org"] {
        assert_says(&post.mail(address).await, &["from o***@example.org to n***@example.org"]);
    }
    assert_eq!(post.log(&user.to_string()).await.len(), 2);
    post.assert_sound().await;
}

#[tokio::test]
async fn a_customer_gets_the_confirmation_of_an_order() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    let event = post.publish(placed(Some(user), ADA)).await;
    let mail = post.mail(ADA).await;
    assert_eq!(mail.summary.subject, "Your order ORD-7Q2M4X9KTB");
    let link = format!("View order:\n{HOME}/orders/{}\n", event.payload.order.order_id);
    assert_says(
        &mail,
        &[
            "Hello Ada Lovelace,",
            "2 × Mug (Colour: blue), each €12.90: €25.80",
            "Subtotal: €25.80",
            "Shipping (Standard shipping): €4.90",
            "Total: €30.70",
            "includes tax: €4.90",
            "Paid with Card Visa •••• 4242.",
            "Ada Lovelace\n12 St James’s Square\nSW1Y 4JH London\nGB",
            link.as_str(),
        ],
    );
    assert!(!mail.text.contains("Discount"), "{}", mail.text);
    let row = post.only(ADA).await;
    assert_eq!(row.original_event_id, Some(event.message_id));
    post.assert_sound().await;
}

#[tokio::test]
async fn a_guest_reads_the_order_by_a_signed_link() {
    let post = Post::open().await;
    let event = post.publish(placed(None, "guest@example.org")).await;
    let mail = post.mail("guest@example.org").await;
    let page = link::page(HOME, &post.keys, event.payload.order.order_id);
    assert_says(&mail, &[page.as_str()]);
    let token = page.split_once("token=").unwrap().1;
    assert_eq!(link::open(&post.keys, token), Some(event.payload.order.order_id));
    assert!(post.users.asked().is_empty(), "a guest has no account to ask for");
}

#[tokio::test]
async fn tax_on_top_of_the_prices_is_a_line_of_its_own() {
    let post = Post::open().await;
    let mut order = placed(None, ADA);
    order.totals.total_amount.minor += 490;
    order.totals.discount_amount.minor = 100;
    order.totals.total_amount.minor -= 100;
    order.payment_id = None;
    order.payment_method_details = None;
    post.publish(order).await;
    let mail = post.mail(ADA).await;
    assert_says(&mail, &["Discount: -€1.00", "plus tax: €4.90\nTotal: €34.60"]);
    assert!(!mail.text.contains("Paid with"), "{}", mail.text);
}

#[tokio::test]
async fn a_cancelled_order_says_why_and_whether_money_comes_back() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    post.publish(cancelled(Some(user), ADA, Some(3070))).await;
    let mail = post.mail(ADA).await;
    assert_eq!(mail.summary.subject, "Your order ORD-7Q2M4X9KTB was cancelled");
    assert_says(
        &mail,
        &["The goods are no longer in stock.", "You get €30.70 back", "2 × Mug", "Hello Ada,"],
    );
    post.publish(cancelled(None, "guest@example.org", None)).await;
    assert_says(&post.mail("guest@example.org").await, &["You have not been charged.", "?token="]);
}

#[tokio::test]
async fn a_shipment_can_be_followed() {
    let post = Post::open().await;
    post.publish(shipped(None, ADA)).await;
    let mail = post.mail(ADA).await;
    assert_eq!(mail.summary.subject, "Your order ORD-7Q2M4X9KTB is on its way");
    assert_says(
        &mail,
        &[
            "Carrier: DHL",
            "00340434161094021501",
            "https://www.dhl.com/track?id=",
            "Estimated delivery: 5 March 2026",
        ],
    );
    let mut bad = shipped(None, "bob@example.org");
    bad.tracking_url = Some("javascript:alert(1)".into());
    post.publish(bad).await;
    let mail = post.mail("bob@example.org").await;
    assert!(!mail.html.contains("javascript") && !mail.text.contains("javascript"), "{}", mail.text);
}

#[tokio::test]
async fn a_failed_payment_and_a_refund_find_their_customer_by_the_account() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    post.publish(payment_failed(Some(user), None)).await;
    post.publish(refunded(Some(user), None)).await;
    let [failed, refund] = post.mails(ADA).await.try_into().unwrap();
    assert_eq!(failed.summary.subject, "The payment for your order ORD-7Q2M4X9KTB failed");
    assert_says(&failed, &["Hello Ada,", "€30.70", "There was not enough money on the account or card."]);
    assert_eq!(refund.summary.subject, "Refund for your order ORD-7Q2M4X9KTB");
    assert_says(&refund, &["€30.70", "that is all you paid"]);
    assert_eq!(post.users.asked().len(), 1, "user-service is asked once in five minutes");
    post.assert_sound().await;
}

#[tokio::test]
async fn mails_are_written_in_the_language_and_time_zone_of_the_reader() {
    let post = Post::open().await;
    let user = UserId::new();
    let german = updated(user, 3, |snapshot| {
        snapshot.locale = "de-AT".into();
        snapshot.timezone = "Europe/Vienna".into();
    });
    post.publish(german).await;
    post.publish(placed(Some(user), ADA)).await;
    let mail = post.mail(ADA).await;
    assert_eq!(mail.summary.subject, "Ihre Bestellung ORD-7Q2M4X9KTB");
    assert_says(
        &mail,
        &["Guten Tag Ada Lovelace,", "2. März 2026, 10:00 Uhr CET", "Gesamtbetrag: 30,70\u{a0}€"],
    );
    assert!(mail.html.contains("lang=\"de\""));
}
