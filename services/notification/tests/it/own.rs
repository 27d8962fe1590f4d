//! `/api/notifications`: a customer's own list.

use crate::drafts::{ADA, placed, registered, verification};
use crate::stories::{MARKETING, Post, SUPPORT};
use api::ids::{NotificationId, UserId};
use api::notification::InAppNotification;
use api::user::ClaimPurpose;
use base::page::Page;

async fn list(post: &Post, user: UserId, query: &str) -> Page<InAppNotification> {
    post.get(&format!("/api/notifications{query}")).as_user(user).await.expect(200).json()
}

#[tokio::test]
async fn customers_see_what_they_were_told_and_mark_it_as_read() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    post.publish(registered(user, ADA)).await;
    let order = post.publish(placed(Some(user), ADA)).await.payload.order.order_id;
    post.publish(verification(user, ADA, post.users.claim(ClaimPurpose::EmailVerification))).await;
    let mut titles = list(&post, user, "").await.items;
    titles.sort_by_key(|row| row.template_id.clone());
    assert_eq!(titles.len(), 2, "a secret link is for the mail alone");
    assert_eq!(titles[0].title, "Your order ORD-7Q2M4X9KTB");
    assert_eq!(titles[0].link.as_deref(), Some(format!("/orders/{order}").as_str()));
    assert_eq!(titles[0].read_at, None);
    let path = format!("/api/notifications/{}/read", titles[0].id);
    let _read = post.post(&path).as_user(user).await.expect(204);
    let first =
        list(&post, user, "").await.items.into_iter().find(|row| row.id == titles[0].id).unwrap().read_at;
    assert_eq!(first, Some(post.clock.now()));
    post.after(std::time::Duration::from_secs(60)).await;
    let _again = post.post(&path).as_user(user).await.expect(204);
    let second =
        list(&post, user, "").await.items.into_iter().find(|row| row.id == titles[0].id).unwrap().read_at;
    assert_eq!(first, second, "the first time counts");
}

#[tokio::test]
async fn the_list_of_others_is_nobodys_business() {
    let post = Post::open().await;
    let (ada, bob) = (post.customer(ADA), post.customer("bob@example.org"));
    post.publish(placed(Some(ada), ADA)).await;
    post.publish(placed(None, ADA)).await;
    assert!(list(&post, bob, "").await.items.is_empty());
    let [mine] = list(&post, ada, "").await.items.try_into().unwrap();
    post.post(&format!("/api/notifications/{}/read", mine.id)).as_user(bob).await.problem(404, "not-found");
    post.post(&format!("/api/notifications/{}/read", NotificationId::new()))
        .as_user(ada)
        .await
        .problem(404, "not-found");
    post.post("/api/notifications/1/read").as_user(ada).await.problem(404, "not-found");
    assert_eq!(list(&post, ada, "").await.items[0].read_at, None);
    post.get("/api/notifications").await.problem(401, "unauthenticated");
    post.get("/api/notifications").as_service("order").await.problem(403, "forbidden");
    post.get(&format!("/api/admin/notifications/log/{}", mine.id))
        .as_user(ada)
        .await
        .problem(403, "forbidden");
}

#[tokio::test]
async fn long_lists_come_in_pages_and_cursors_belong_to_their_owner() {
    let post = Post::open().await;
    let (ada, bob) = (post.customer(ADA), post.customer("bob@example.org"));
    for _ in 0..5 {
        post.publish(placed(Some(ada), ADA)).await;
        post.clock.advance(std::time::Duration::from_secs(1));
    }
    let first = list(&post, ada, "?limit=2").await;
    let cursor = first.next_cursor.unwrap();
    let second = list(&post, ada, &format!("?limit=2&cursor={cursor}")).await;
    let third = list(&post, ada, &format!("?limit=2&cursor={}", second.next_cursor.unwrap())).await;
    assert_eq!((first.items.len(), second.items.len(), third.items.len()), (2, 2, 1));
    assert_eq!(third.next_cursor, None);
    let all: std::collections::BTreeSet<_> =
        first.items.iter().chain(&second.items).chain(&third.items).map(|row| row.id).collect();
    assert_eq!(all.len(), 5);
    post.get(&format!("/api/notifications?cursor={cursor}")).as_user(bob).await.problem(422, "bad-cursor");
    post.get("/api/notifications?limit=0").as_user(ada).await.problem(422, "validation");
}

#[tokio::test]
async fn titles_are_in_the_language_of_the_customer() {
    let post = Post::open().await;
    let user = UserId::new();
    post.publish(crate::drafts::updated(user, 1, |snapshot| snapshot.locale = "de".into())).await;
    post.publish(placed(Some(user), ADA)).await;
    assert_eq!(list(&post, user, "").await.items[0].title, "Ihre Bestellung ORD-7Q2M4X9KTB");
}

#[tokio::test]
async fn every_list_is_walked_forward_and_back_and_counted_when_asked() {
    let post = Post::with(&[("mailbox_public", true.into())]).await;
    let user = post.customer(ADA);
    for _ in 0..5 {
        post.publish(placed(Some(user), ADA)).await;
        post.clock.advance(std::time::Duration::from_micros(1));
    }
    let own = async |path: String| post.get(&path).as_user(user).await.expect(200).value();
    assert_eq!(testkit::walk("/api/notifications", own).await.len(), 5);
    let staff = async |path: String| post.get(&path).as_staff(SUPPORT).await.expect(200).value();
    let log = format!("/api/admin/notifications/log?recipient={user}");
    for path in ["/api/admin/notifications/log", &log, "/api/mailbox", "/api/mailbox?to=ada@example.org"] {
        assert_eq!(testkit::walk(path, staff).await.len(), 5, "{path}");
    }
    let templates = post.get("/api/admin/templates?count=true").as_staff(MARKETING).await.expect(200).value();
    assert_eq!(templates["total"], templates["items"].as_array().unwrap().len());
    assert!(list(&post, user, "").await.total.is_none(), "nobody asked");
}
