//! The simulator's pages, as people and attackers use them.

use crate::shop::{PRICE, Shop, creation, page_of};
use api::payment::{Payment, PaymentFlow, PaymentStatus};
use testkit::Answer;

const FORM: &str = "application/x-www-form-urlencoded";

async fn press(shop: &Shop, path: &str, body: &str) -> Answer {
    shop.t.post(path).raw(FORM, body.to_owned()).await
}

#[tokio::test]
async fn the_page_says_what_it_is_and_forbids_everything_it_does_not_need() {
    let shop = Shop::open().await;
    let payment = shop.start(shop.order()).await;
    let path = page_of(&payment);
    let page = shop.t.get(&path).await.expect(200);
    let html = page.text();
    for expected in
        ["Payment simulator: no real money", "119.00 EUR", "ORD-7ZZZZZZZZZ", "4000002500003155", "Cancel"]
    {
        assert!(html.contains(expected), "{expected}");
    }
    assert!(!html.contains("<script") && !html.contains("onclick"));
    let policy = page.header("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(policy.contains("form-action 'self' http://shop.test"), "{policy}");
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("x-content-type-options"), Some("nosniff"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
}

#[tokio::test]
async fn a_customer_pays_and_goes_back_to_the_shop() {
    let shop = Shop::open().await;
    let order = shop.order();
    let mut body = creation(order, PaymentFlow::CheckoutRedirect, None);
    body.return_url = Some("http://shop.test/thanks?order=1&x=%22".into());
    body.cancel_url = Some("http://shop.test/cart#top".into());
    let payment: Payment =
        shop.t.post("/api/payments").as_service("order").json(&body).await.expect(201).json();
    let path = page_of(&payment);
    let given_up = press(&shop, &path, "action=cancel").await.expect(303);
    assert_eq!(given_up.header("location"), Some("http://shop.test/cart#top"));
    let paid = press(&shop, &path, "action=pay&card=4242+4242+4242+4242").await.expect(303);
    assert_eq!(paid.header("location"), Some("http://shop.test/thanks?order=1&x=%22"));
    let again = press(&shop, &path, "action=pay&card=4242424242424242").await.expect(200);
    assert!(again.text().contains("has been paid"));
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Succeeded);
    assert_eq!(shop.kept(order).await, PRICE);
    shop.check().await;
}

#[tokio::test]
async fn a_declined_card_may_be_followed_by_a_better_one() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    let path = page_of(&payment);
    let poor = press(&shop, &path, "action=pay&card=4000000000009995").await.expect(402);
    assert!(poor.text().contains("declined (insufficient funds)"), "{}", poor.text());
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::RequiresAction, "the page is still open");
    press(&shop, &path, "action=pay&card=4242424242424242").await.expect(303);
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Succeeded);
    shop.check().await;
}

#[tokio::test]
async fn three_d_secure_asks_and_a_refusal_leads_back_to_the_page() {
    let shop = Shop::open().await;
    let payment = shop.start(shop.order()).await;
    let path = page_of(&payment);
    let bank = press(&shop, &path, "action=pay&card=4000002500003155").await.expect(303);
    let bank = bank.header("location").unwrap().strip_prefix("http://shop.test").unwrap().to_owned();
    shop.moment().await;
    let no = press(&shop, &bank, "action=refuse").await.expect(303);
    assert_eq!(no.header("location"), Some(path.as_str()));
    shop.moment().await;
    let now = shop.payment(payment.id).await;
    assert_eq!(
        now.next_action.unwrap().url.unwrap(),
        format!("http://shop.test{path}"),
        "the page, not the bank"
    );
    let bank = press(&shop, &path, "action=pay&card=4000002500003155").await.expect(303);
    let bank = bank.header("location").unwrap().strip_prefix("http://shop.test").unwrap().to_owned();
    press(&shop, &bank, "action=approve").await.expect(303);
    press(&shop, &bank, "action=approve").await.expect(303);
    shop.moment().await;
    assert_eq!(shop.status(payment.id).await, PaymentStatus::Succeeded);
    shop.check().await;
}

#[tokio::test]
async fn other_peoples_text_never_becomes_markup() {
    let shop = Shop::open().await;
    let order = shop.order();
    let attack = "\"><script>alert(1)</script><img src=x onerror=alert(1)>'";
    shop.change_order(order, |payable| payable.order_number = attack.into());
    let mut body = creation(order, PaymentFlow::CheckoutRedirect, None);
    body.cancel_url = Some("http://shop.test/?q='\"><script>alert(2)</script>".into());
    let payment: Payment =
        shop.t.post("/api/payments").as_service("order").json(&body).await.expect(201).json();
    let path = page_of(&payment);
    let typed = format!("action=pay&card={}", "%22%3E%3Cscript%3Ealert(3)%3C%2Fscript%3E");
    let pages = [shop.t.get(&path).await.text(), press(&shop, &path, &typed).await.text()];
    for html in pages {
        assert!(
            !html.contains("<script") && !html.contains("<img") && html.contains("&lt;script&gt;"),
            "{html}"
        );
    }
}

#[tokio::test]
async fn real_card_numbers_are_refused_and_not_kept() {
    let shop = Shop::open().await;
    let order = shop.order();
    let payment = shop.start(order).await;
    let path = page_of(&payment);
    for typed in
        ["4111111111111111", "", "%00", "42424242424242424242424242424242", "pm_unknown", "%F0%9F%92%B3"]
    {
        let answer = press(&shop, &path, &format!("action=pay&card={typed}")).await;
        assert!([400, 402].contains(&answer.status.as_u16()), "{typed}: {}", answer.status);
        assert!(!answer.text().contains("4111111111111111"));
    }
    assert!(shop.books().await.charges.is_empty());
}

#[tokio::test]
async fn pages_that_are_not_there_are_not_there() {
    let shop = Shop::open().await;
    for path in [
        "/api/payments/simulator/checkout/cs_sim_guess",
        "/api/payments/simulator/checkout/%27%20OR%201=1--",
        "/api/payments/simulator/authenticate/pi_sim_guess",
    ] {
        shop.t.get(path).await.expect(404);
        press(&shop, path, "action=pay&card=4242424242424242").await.expect(404);
    }
}

#[tokio::test]
async fn a_page_leads_only_to_origins_that_are_allowed() {
    let shop = Shop::open().await;
    let order = shop.order();
    let mut body = creation(order, PaymentFlow::CheckoutRedirect, None);
    for evil in [
        "https://evil.example",
        "http://shop.test:8080/",
        "http://shop.test%2f@evil.example/",
        "\\\\evil.example",
    ] {
        body.return_url = Some(evil.into());
        shop.t.post("/api/payments").as_service("order").json(&body).await.problem(422, "validation");
    }
    body.return_url = None;
    let payment: Payment =
        shop.t.post("/api/payments").as_service("order").json(&body).await.expect(201).json();
    let path = page_of(&payment);
    let left = press(
        &shop,
        &path,
        "action=cancel&returnUrl=https%3A%2F%2Fevil.example&cancelUrl=https%3A%2F%2Fevil.example",
    )
    .await;
    assert_eq!(
        left.expect(303).header("location"),
        Some(format!("http://shop.test/orders/{order}").as_str())
    );
}
