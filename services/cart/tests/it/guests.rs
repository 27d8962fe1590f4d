//! Guests and their tokens.

use crate::stories::{Shop, quantities, user};
use api::cart::Cart;
use api::ids::CartId;
use base::Keys;

#[tokio::test]
async fn a_guest_is_known_by_the_token_of_the_first_answer() {
    let shop = Shop::open().await;
    let mug = shop.article(1290, 50);
    let first = shop.add(&mug.add(2)).await.expect(201);
    let token = first.header("x-cart-token").unwrap().to_owned();
    let cart: Cart = first.json();
    assert_eq!((cart.cart_token.as_ref(), cart.user_id), (Some(&token), None));
    let second = shop.add(&mug.add(1)).guest(&token).await.expect(200);
    assert_eq!(second.header("x-cart-token"), None, "told once");
    let cart: Cart = second.json();
    assert_eq!((quantities(&cart), cart.cart_token.clone()), (vec![3], None));
    assert_eq!(shop.cart_of_guest(&token).await, cart);
}

#[tokio::test]
async fn looking_first_gives_a_token_that_works_later() {
    let shop = Shop::open().await;
    let mug = shop.article(1290, 50);
    let empty: Cart = shop.get("/api/cart").await.expect(200).json();
    assert_eq!((empty.items.len(), empty.version), (0, 0));
    let token = empty.cart_token.unwrap();
    let _put = shop.add(&mug.add(2)).guest(&token).await.expect(201);
    assert_eq!(quantities(&shop.cart_of_guest(&token).await), [2]);
}

#[tokio::test]
async fn a_forged_token_opens_nobodys_cart() {
    let shop = Shop::open().await;
    let mug = shop.article(1290, 50);
    let (token, cart) = shop.guest_with(mug, 2).await;
    let mut changed = token.clone().into_bytes();
    changed[5] = if changed[5] == b'A' { b'B' } else { b'A' };
    let forged = [
        String::from_utf8(changed).unwrap(),
        Keys::new([8; 32]).seal("cart-token", cart.id.uuid().as_bytes()),
        shop.keys.seal("cursor:orders", cart.id.uuid().as_bytes()),
        shop.keys.seal("cart-token", b"short"),
        cart.id.to_string(),
        format!("{token}A"),
        "☃".repeat(20).escape_unicode().to_string(),
        "x".repeat(6000),
    ];
    for token in forged {
        let seen: Cart = shop.get("/api/cart").guest(&token).await.expect(200).json();
        assert_eq!(seen.items.len(), 0, "{token}");
        assert!(seen.cart_token.is_some_and(|new| new != token), "a new guest begins");
        shop.set(&cart, 0, 9).guest(&token).await.problem(404, "not-found");
    }
    assert_eq!(quantities(&shop.cart_of_guest(&token).await), [2]);
}

#[tokio::test]
async fn the_token_of_one_guest_does_not_open_the_cart_of_another() {
    let shop = Shop::open().await;
    let mug = shop.article(1290, 50);
    let (ada, cart) = shop.guest_with(mug, 2).await;
    let (eve, _) = shop.guest_with(mug, 1).await;
    assert_ne!(ada, eve);
    shop.set(&cart, 0, 9).guest(&eve).await.problem(404, "not-found");
    let _emptied = shop.delete("/api/cart").guest(&eve).await.expect(200);
    assert_eq!(quantities(&shop.cart_of_guest(&ada).await), [2]);
}

#[tokio::test]
async fn who_is_signed_in_uses_their_own_cart_whatever_token_they_send() {
    let shop = Shop::open().await;
    let (ada, mug) = (user(), shop.article(1290, 50));
    let (token, guests) = shop.guest_with(mug, 2).await;
    shop.set(&guests, 0, 9).as_user(ada).guest(&token).await.problem(404, "not-found");
    let mine: Cart = shop.get("/api/cart").as_user(ada).guest(&token).await.expect(200).json();
    assert_eq!((quantities(&mine), mine.user_id, mine.cart_token), (vec![2], Some(ada), None));
    let not_a_cart_id: CartId = guests.id;
    assert_ne!(not_a_cart_id, mine.id);
}
