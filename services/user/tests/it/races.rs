//! Many at once: one wins, nobody is wronged.

use crate::harness::{By as _, OTHER_PASSWORD, PASSWORD, Shop, shop};
use api::user::{TokenPair, UserCreated, UserSessionsRevoked};
use futures::future::join_all;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use testkit::Answer;

/// How often each status was answered.
fn statuses(answers: &[Answer]) -> BTreeMap<u16, usize> {
    let mut counts = BTreeMap::new();
    for answer in answers {
        *counts.entry(answer.status.as_u16()).or_default() += 1;
    }
    counts
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn fifty_refreshes_with_one_token_get_one_successor() {
    let shop = shop().await;
    let ada = shop.register("ada@example.org").await;
    let answers = join_all((0..50).map(|_| shop.try_refresh(&ada.refresh))).await;
    let pairs: Vec<TokenPair> = answers.into_iter().map(|answer| answer.expect(200).json()).collect();
    let successors: BTreeSet<_> = pairs.iter().map(|pair| pair.refresh_token.clone()).collect();
    assert_eq!(successors.len(), 1);
    let accesses: BTreeSet<_> = pairs.iter().map(|pair| pair.access_token.clone()).collect();
    assert_eq!(accesses.len(), 50, "each has an access token of its own");
    let successor = successors.first().unwrap();
    shop.refresh(successor).await;

    shop.clock.advance(Duration::from_secs(11));
    let answers = join_all((0..50).map(|_| shop.try_refresh(successor))).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(401, 50)]));
    assert_eq!(shop.published::<UserSessionsRevoked>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_chain_of_racing_refreshes_never_kills_its_family() {
    let shop = shop().await;
    let mut token = shop.register("ada@example.org").await.refresh;
    for _ in 0..10 {
        let answers = join_all((0..5).map(|_| shop.try_refresh(&token))).await;
        token = answers
            .into_iter()
            .map(|answer| answer.expect(200).json::<TokenPair>().refresh_token)
            .next_back()
            .unwrap();
    }
    assert!(shop.published::<UserSessionsRevoked>().await.is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_refresh_outlives_a_logout() {
    let shop = shop().await;
    for round in 0..5 {
        let ada = shop.register(&format!("ada{round}@example.org")).await;
        let logout = async { shop.post("/api/auth/logout").by(&ada).json(&json!({})).await.expect(204) };
        let refreshes = join_all((0..5).map(|_| shop.try_refresh(&ada.refresh)));
        let (answers, _) = futures::future::join(refreshes, logout).await;
        for answer in answers.iter().filter(|answer| answer.status == 200) {
            let pair: TokenPair = answer.json();
            shop.try_refresh(&pair.refresh_token).await.problem(401, "refresh-invalid");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_address_becomes_one_account() {
    let shop = shop().await;
    let register = |index: usize| {
        let email = if index.is_multiple_of(2) { "ada@example.org" } else { "ADA@example.org" };
        shop.post("/api/auth/register").json(&json!({ "email": email, "password": PASSWORD })).into_future()
    };
    let answers = join_all((0..20).map(register)).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(201, 1), (409, 19)]));
    assert_eq!(shop.published::<UserCreated>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_first_administrators_link_makes_one_administrator() {
    let shop = shop().await;
    let token = shop.first_admin_token().await;
    let claim = |index: usize| {
        let body = json!({ "token": token, "email": format!("a{index}@example.org"), "password": PASSWORD });
        shop.post("/api/auth/first-admin").json(&body).into_future()
    };
    let answers = join_all((0..10).map(claim)).await;
    assert_eq!(statuses(&answers)[&201], 1, "{:?}", statuses(&answers));
    assert_eq!(shop.published::<UserCreated>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_reset_link_sets_one_password() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    let token = shop.reset_token("ada@example.org").await;
    let confirm = |index: usize| {
        let body = json!({ "token": token, "newPassword": format!("{OTHER_PASSWORD} {index}") });
        shop.post("/api/auth/password-reset/confirm").json(&body).into_future()
    };
    let answers = join_all((0..10).map(confirm)).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(204, 1), (422, 9)]));
    let winner = answers.iter().position(|answer| answer.status == 204).unwrap();
    shop.try_login("ada@example.org", &format!("{OTHER_PASSWORD} {winner}")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_hundred_guesses_at_once_are_no_better_than_five() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    let guess = |index: usize| {
        let body = json!({ "email": "ada@example.org", "password": format!("wrong password {index}") });
        shop.post("/api/auth/login").json(&body).into_future()
    };
    let answers = join_all((0..60).map(guess)).await;
    let counts = statuses(&answers);
    assert_eq!(counts[&401], 5, "{counts:?}");
    assert!(counts.keys().all(|status| matches!(status, 401 | 423 | 503)), "{counts:?}");
    shop.try_login("ada@example.org", PASSWORD).await.problem(423, "account-locked");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_logins_with_the_right_password_all_succeed() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    let answers = join_all((0..20).map(|_| shop.try_login("ada@example.org", PASSWORD))).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 20)]));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn right_and_wrong_passwords_at_once_do_not_trip_over_each_other() {
    let shop = shop().await;
    shop.customer("ada@example.org").await;
    for _ in 0..3 {
        let attempt = |index: usize| {
            let wrong = index.is_multiple_of(5) && index > 0;
            let password = if wrong { "wrong password" } else { PASSWORD };
            shop.try_login("ada@example.org", password)
        };
        let answers = join_all((0..20).map(attempt)).await;
        assert_eq!(statuses(&answers), BTreeMap::from([(200, 17), (401, 3)]));
        shop.login("ada@example.org").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_instances_hand_out_the_same_successor() {
    let shop = shop().await;
    let other = shop.another_process().await;
    let ada = shop.register("ada@example.org").await;
    let body = json!({ "refreshToken": ada.refresh });
    let there =
        async || other.peers().of("user").post("/api/auth/refresh").json(&body).send::<TokenPair>().await;
    let here = join_all((0..10).map(|_| shop.try_refresh(&ada.refresh)));
    let (here, there) = futures::future::join(here, join_all((0..10).map(|_| there()))).await;
    let here = here.into_iter().map(|answer| answer.expect(200).json::<TokenPair>());
    let all: BTreeSet<_> =
        here.chain(there.into_iter().map(Result::unwrap)).map(|pair| pair.refresh_token).collect();
    assert_eq!(all.len(), 1);
}

async fn two_super_admins(shop: &Shop) -> [crate::harness::Person; 2] {
    let first = shop.super_admin().await;
    let second = shop.staff(&first, "second@example.org", "super_admin").await;
    [first, second]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_super_administrators_cannot_remove_each_other() {
    let shop = shop().await;
    let [a, b] = two_super_admins(&shop).await;
    let strip = async |by: &crate::harness::Person, target: &crate::harness::Person| {
        let path = format!("/api/admin/users/{}/roles", target.id);
        shop.put(&path).by(by).json(&json!({ "roleIds": [] })).await
    };
    let (one, two) = futures::future::join(strip(&a, &b), strip(&b, &a)).await;
    assert_eq!([one.status.as_u16(), two.status.as_u16()].iter().filter(|status| **status == 200).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_super_administrators_cannot_suspend_each_other() {
    let shop = shop().await;
    let [a, b] = two_super_admins(&shop).await;
    let suspend = async |by: &crate::harness::Person, target: &crate::harness::Person| {
        let path = format!("/api/users/{}/status", target.id);
        shop.put(&path).by(by).json(&json!({ "status": "SUSPENDED", "reason": "coup" })).await
    };
    let (one, two) = futures::future::join(suspend(&a, &b), suspend(&b, &a)).await;
    assert_eq!([one.status.as_u16(), two.status.as_u16()].iter().filter(|status| **status == 200).count(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_writers_who_saw_the_same_version_one_succeeds_and_blind_ones_all_do() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let write = |index: usize, seen: Option<&'static str>| {
        let request = shop.patch("/api/users/me").by(&ada).json(&json!({ "bio": format!("bio {index}") }));
        let request = match seen {
            Some(seen) => request.header("if-match", seen),
            None => request,
        };
        request.into_future()
    };
    let answers = join_all((0..10).map(|index| write(index, Some("\"2\"")))).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 1), (412, 9)]));
    let answers = join_all((10..20).map(|index| write(index, None))).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(200, 10)]));
    let versions: BTreeSet<_> =
        answers.iter().map(|answer| answer.value()["version"].as_i64().unwrap()).collect();
    assert_eq!(versions, (4..14).collect());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_first_addresses_one_is_the_default() {
    let shop = shop().await;
    let ada = shop.customer("ada@example.org").await;
    let add = |index: usize| {
        let body = json!({ "addressType": "SHIPPING", "addressLine1": format!("Street {index}"), "city": "Berlin",
            "country": "DE", "isDefaultShipping": true });
        shop.post("/api/users/me/addresses").by(&ada).json(&body).into_future()
    };
    let answers = join_all((0..10).map(add)).await;
    assert_eq!(statuses(&answers), BTreeMap::from([(201, 10)]));
    let list = shop.get("/api/users/me/addresses").by(&ada).await.expect(200).value();
    let items = list["items"].as_array().unwrap();
    assert_eq!(items.iter().filter(|address| address["isDefaultShipping"] == true).count(), 1);
    assert_eq!(items.iter().filter(|address| address["isDefaultBilling"] == true).count(), 1);
}
