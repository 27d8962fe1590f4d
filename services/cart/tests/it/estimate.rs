//! `/api/cart/estimate`.

use crate::stories::{Shop, user};
use api::cart::CartEstimate;

#[tokio::test]
async fn an_estimate_adds_tax_and_shipping() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1000, 50));
    let path = "/api/cart/estimate?country=DE&postalCode=20457&shippingMethod=EXPRESS";
    shop.get(path).as_user(ada).await.problem(409, "cart-empty");
    shop.put(ada, mug, 3).await;
    let estimate: CartEstimate = shop.get(path).as_user(ada).await.expect(200).json();
    assert_eq!((estimate.subtotal.minor, estimate.tax_amount.minor), (3000, 300));
    assert_eq!((estimate.shipping_cost.minor, estimate.total.minor), (300, 3300));
    let (token, _) = shop.guest_with(mug, 1).await;
    let guests: CartEstimate =
        shop.get("/api/cart/estimate?country=DE").guest(&token).await.expect(200).json();
    assert_eq!(guests.subtotal.minor, 1000);
}

#[tokio::test]
async fn an_estimate_that_cannot_be_made_says_why() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1000, 50));
    shop.put(ada, mug, 3).await;
    let ask = async |query: &str| shop.get(&format!("/api/cart/estimate?{query}")).as_user(ada).await;
    ask("country=AQ").await.problem(409, "shipping-unavailable");
    ask("country=Germany").await.problem(422, "validation");
    ask("country=DE&shippingMethod=TELEPORT").await.problem(422, "validation");
    ask("").await.problem(422, "validation");
    shop.world().order_is_down = true;
    ask("country=DE").await.problem(503, "unavailable");
}
