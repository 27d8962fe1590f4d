//! Tokens refused before they expire.

use super::super::revoked::Revoked;
use super::*;
use crate::caller::tests::user_with;

#[tokio::test]
async fn the_tokens_of_an_ended_session_are_refused_at_once() {
    let shop = Shop::new();
    let mine = claims(&[]);
    let elsewhere = UserClaims { session_id: SessionId::new(), ..mine.clone() };
    let (token, other) = (shop.user_token(&mine), shop.user_token(&elsewhere));
    shop.user(&token).await;
    shop.verifier.revoke_session(mine.session_id);
    assert_eq!(shop.refusal(&token).await, "unauthenticated", "also though it was seen before");
    assert_eq!(shop.refusal(&shop.user_token(&mine)).await, "unauthenticated", "new ones of it too");
    shop.user(&other).await;
}

#[tokio::test]
async fn one_token_can_be_refused_alone() {
    let shop = Shop::new();
    let claims = claims(&[]);
    let (one, two) = (shop.signer.sign_user(&claims).unwrap(), shop.signer.sign_user(&claims).unwrap());
    shop.verifier.revoke_jti(one.id);
    assert_eq!(shop.refusal(&one.token).await, "unauthenticated");
    shop.user(&two.token).await;
    let service = ServiceClaims { name: "cart-service".into(), scopes: vec![], audience: None };
    let service = shop.signer.sign_service(&service).unwrap();
    assert!(shop.verifier.verify(&service.token).await.is_ok());
    shop.verifier.revoke_jti(service.id);
    assert_eq!(shop.refusal(&service.token).await, "unauthenticated");
}

#[tokio::test]
async fn tokens_of_a_user_from_before_a_moment_are_refused_and_later_ones_are_not() {
    let shop = Shop::new();
    let claims = claims(&[]);
    let before = shop.user_token(&claims);
    shop.user(&before).await;
    shop.clock.advance(Duration::from_millis(1_500));
    shop.verifier.revoke_user(claims.user_id, shop.clock.now());
    assert_eq!(shop.refusal(&before).await, "unauthenticated");
    shop.clock.advance(Duration::from_millis(1));
    let after = shop.user_token(&claims);
    shop.user(&after).await;
    shop.verifier.revoke_user(claims.user_id, shop.clock.now() - Duration::from_secs(60));
    assert_eq!(shop.refusal(&before).await, "unauthenticated", "an older order does not lift a newer one");
    shop.user(&after).await;
}

#[tokio::test]
async fn whoever_signs_in_within_the_second_in_which_they_were_thrown_out_is_in() {
    let shop = Shop::new();
    let thrown_out = claims(&[]);
    let before = shop.user_token(&thrown_out);
    shop.clock.advance(Duration::from_millis(200));
    shop.verifier.revoke_session(thrown_out.session_id);
    shop.verifier.revoke_user(thrown_out.user_id, shop.clock.now());
    assert_eq!(shop.refusal(&before).await, "unauthenticated", "its session ended");
    let back = UserClaims { session_id: SessionId::new(), ..thrown_out };
    shop.user(&shop.user_token(&back)).await;
}

#[tokio::test]
async fn new_rights_work_within_the_second_in_which_they_were_given() {
    let shop = Shop::new();
    let old = claims(&[]);
    let before = shop.user_token(&old);
    shop.clock.advance(Duration::from_millis(200));
    shop.verifier.mark_stale(old.user_id, old.permission_version + 1);
    assert_eq!(shop.refusal(&before).await, "token-stale");
    let new = UserClaims { permission_version: old.permission_version + 1, ..old };
    shop.user(&shop.user_token(&new)).await;
}

#[tokio::test]
async fn a_token_with_old_rights_is_stale() {
    let shop = Shop::new();
    let old = claims(&[Role::Admin]);
    let token = shop.user_token(&old);
    shop.user(&token).await;
    shop.verifier.mark_stale(old.user_id, 8);
    shop.verifier.mark_stale(old.user_id, 7);
    assert_eq!(shop.refusal(&token).await, "token-stale");
    let new = UserClaims { permission_version: 8, ..old };
    shop.user(&shop.user_token(&new)).await;
}

#[tokio::test]
async fn a_revocation_lasts_as_long_as_the_longest_token() {
    let shop = Shop::new();
    let long = shop.signer.clone().with_life(MAX_TOKEN_LIFE);
    let claims = claims(&[]);
    let token = long.sign_user(&claims).unwrap().token;
    shop.verifier.revoke_session(claims.session_id);
    for _ in 0..9 {
        shop.advance(100);
        // Entries of others, so that expired ones would be swept.
        shop.verifier.revoke_session(SessionId::new());
        assert_eq!(shop.refusal(&token).await, "unauthenticated");
    }
    shop.advance(5);
    assert_eq!(shop.refusal(&token).await, "token-expired");
}

#[test]
fn a_full_list_forgets_nobody_it_has_refused() {
    let now: Timestamp = "2026-03-02T09:14:07Z".parse().unwrap();
    let later = now + Duration::from_secs(1);
    let revoked = Revoked::with_capacity(10);
    let users: Vec<User> = (0..25).map(|_| user_with(&[])).collect();
    for user in &users {
        revoked.session(user.session_id, now);
    }
    for user in &users {
        assert!(revoked.check_user(user, 1, now).is_err());
    }
    let bystander = user_with(&[]);
    assert_eq!(revoked.check_user(&bystander, 1, now).unwrap_err().code(), "token-stale");
    assert!(revoked.check_user(&bystander, 1, later).is_ok(), "after a refresh");
    assert_eq!(revoked.check_service(bystander.token_id, now).unwrap_err().code(), "token-stale");
}

#[test]
fn a_full_list_makes_room_by_forgetting_the_expired() {
    let now: Timestamp = "2026-03-02T09:14:07Z".parse().unwrap();
    let much_later = now + 2 * MAX_TOKEN_LIFE;
    let revoked = Revoked::with_capacity(10);
    for _ in 0..10 {
        revoked.session(SessionId::new(), now);
    }
    let user = user_with(&[]);
    revoked.session(user.session_id, much_later);
    assert_eq!(revoked.check_user(&user, 1, much_later).unwrap_err().code(), "unauthenticated");
    assert!(revoked.check_user(&user_with(&[]), 1, much_later).is_ok(), "nobody else is troubled");
}

#[test]
fn every_list_is_bounded() {
    let now: Timestamp = "2026-03-02T09:14:07Z".parse().unwrap();
    let fillers: [fn(&Revoked, Timestamp); 4] = [
        |revoked, now| revoked.session(SessionId::new(), now),
        |revoked, now| revoked.token(crate::caller::TokenId::new(), now),
        |revoked, now| revoked.user(UserId::new(), now, now),
        |revoked, now| revoked.permission_version(UserId::new(), 2, now),
    ];
    for fill in fillers {
        let revoked = Revoked::with_capacity(10);
        let check = |revoked: &Revoked| revoked.check_user(&user_with(&[]), 1, now);
        (0..10).for_each(|_| fill(&revoked, now));
        assert!(check(&revoked).is_ok());
        fill(&revoked, now);
        assert_eq!(check(&revoked).unwrap_err().code(), "token-stale");
    }
}
