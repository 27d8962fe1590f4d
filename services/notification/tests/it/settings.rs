//! `/api/notifications/settings`, and the same for staff.

use crate::drafts::{ADA, updated};
use crate::stories::{MARKETING, Post, SUPPORT};
use api::ids::UserId;
use api::notification::{
    Category, CategoryChannels, Channel, CommunicationPreferenceUpdated, NotificationAuditRecorded,
    NotificationSettings, PreferenceChannel, QuietHours,
};
use futures::future::join_all;
use serde_json::{Value, json};
use std::future::IntoFuture as _;

const PATH: &str = "/api/notifications/settings";

async fn read(post: &Post, user: UserId) -> NotificationSettings {
    post.get(PATH).as_user(user).await.expect(200).json()
}

#[tokio::test]
async fn a_new_customer_has_the_defaults() {
    let post = Post::open().await;
    let user = UserId::new();
    post.publish(updated(user, 1, |snapshot| snapshot.locale = "de-AT".into())).await;
    let answer = post.get(PATH).as_user(user).await.expect(200);
    assert_eq!(answer.header("etag"), Some("\"0\""));
    let settings: NotificationSettings = answer.json();
    assert_eq!(settings.email.address.as_deref(), Some(ADA));
    assert_eq!((settings.locale.as_str(), settings.version), ("de-AT", Some(0)));
    assert!(
        settings.categories.values().all(|channels| channels[&Channel::Email] && !channels[&Channel::Sms])
    );
    assert!(!settings.categories.contains_key(&Category::System));
    let again = post.get(PATH).as_user(user).header("if-none-match", "\"0\"").await;
    assert_eq!(again.status.as_u16(), 304);
}

#[tokio::test]
async fn what_is_read_can_be_written_back_and_others_hear_of_the_difference() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    let mut settings = read(&post, user).await;
    let _same = post.put(PATH).as_user(user).json(&settings).await.expect(200);
    post.settle().await;
    assert!(post.published::<CommunicationPreferenceUpdated>().await.is_empty());
    settings.version = Some(1);
    settings.categories.insert(Category::Marketing, CategoryChannels::from([(Channel::Email, false)]));
    settings.sms.enabled = true;
    settings.categories.get_mut(&Category::Payment).unwrap().insert(Channel::Sms, true);
    settings.quiet_hours =
        Some(QuietHours { from: "22:00".into(), to: "07:00".into(), timezone: "Europe/London".into() });
    let answer = post.put(PATH).as_user(user).json(&settings).await.expect(200);
    assert_eq!(answer.header("etag"), Some("\"2\""));
    let saved: NotificationSettings = answer.json();
    assert!(!saved.categories[&Category::Marketing][&Channel::Email]);
    assert_eq!(saved, read(&post, user).await);
    post.settle().await;
    let mut told: Vec<_> = post
        .published::<CommunicationPreferenceUpdated>()
        .await
        .into_iter()
        .map(|event| (event.channel, event.preference_type, event.is_enabled, event.user_id == user))
        .collect();
    told.sort_by_key(|event| event.1);
    let expected = [
        (PreferenceChannel::Sms, Category::Payment, true, true),
        (PreferenceChannel::Email, Category::Marketing, false, true),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn mandatory_categories_stay_on() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    for category in ["SECURITY", "ACCOUNT"] {
        let mut body = serde_json::to_value(read(&post, user).await).unwrap();
        body["categories"][category]["EMAIL"] = json!(false);
        let problem = post.put(PATH).as_user(user).json(&body).await.problem(422, "mandatory-category");
        assert_eq!(problem.errors[0].pointer, format!("/categories/{category}/EMAIL"));
    }
    assert_eq!(read(&post, user).await.version, Some(0));
}

#[tokio::test]
async fn nonsense_is_refused_with_the_field() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    let whole = serde_json::to_value(read(&post, user).await).unwrap();
    let cases = [
        ("/quietHours", json!({ "from": "25:00", "to": "07:00", "timezone": "UTC" }), "/quietHours/from"),
        (
            "/quietHours",
            json!({ "from": "22:00", "to": "07:00", "timezone": "Mars" }),
            "/quietHours/timezone",
        ),
        ("/locale", json!("x"), "/locale"),
        ("/locale", json!("de\u{202e}"), "/locale"),
        ("/categories/SYSTEM", json!({ "EMAIL": true }), "/categories/SYSTEM"),
        ("/categories/GOSSIP", json!({ "EMAIL": true }), "/categories/GOSSIP"),
        ("/categories/PAYMENT", json!({ "PIGEON": true }), "/categories/PAYMENT/PIGEON"),
        ("/email/enabled", json!("yes"), "/email/enabled"),
    ];
    for (pointer, value, wrong) in cases {
        let mut body = whole.clone();
        set(&mut body, pointer, value);
        let problem = post.put(PATH).as_user(user).json(&body).await.expect(422).value();
        let found = problem["errors"][0]["pointer"].as_str().unwrap_or_default();
        assert!(wrong.starts_with(found) && !found.is_empty(), "{pointer}: {problem}");
    }
    let mut extra = whole.clone();
    extra["admin"] = json!(true);
    post.put(PATH).as_user(user).json(&extra).await.problem(422, "unknown-field");
    post.put(PATH).json(&whole).await.problem(401, "unauthenticated");
}

/// Sets a member that need not be there yet.
fn set(body: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = value;
}

#[tokio::test]
async fn of_two_writers_who_read_the_same_one_must_read_again() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    let settings = read(&post, user).await;
    let _first = post.put(PATH).as_user(user).header("if-match", "\"0\"").json(&settings).await.expect(200);
    post.put(PATH)
        .as_user(user)
        .header("if-match", "\"0\"")
        .json(&settings)
        .await
        .problem(412, "version-conflict");
    post.put(PATH).as_user(user).json(&settings).await.problem(412, "version-conflict");
    let blind = NotificationSettings { version: None, ..settings };
    let _overwritten = post.put(PATH).as_user(user).json(&blind).await.expect(200);
    assert_eq!(read(&post, user).await.version, Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_writers_at_once_one_wins_and_nothing_is_mixed() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    let settings = read(&post, user).await;
    let writers = (0..12_u32).map(|number| {
        let mut wanted = settings.clone();
        wanted.locale = format!("de-{number:02}");
        wanted.email.enabled = number % 2 == 0;
        post.put(PATH).as_user(user).header("if-match", "\"0\"").json(&wanted).into_future()
    });
    let answers = join_all(writers).await;
    let won: Vec<NotificationSettings> =
        answers.iter().filter(|answer| answer.status.as_u16() == 200).map(testkit::Answer::json).collect();
    assert_eq!(won.len(), 1);
    assert!(answers.iter().all(|answer| matches!(answer.status.as_u16(), 200 | 412)));
    assert_eq!(read(&post, user).await, won[0]);
}

#[tokio::test]
async fn staff_read_and_change_the_settings_of_others_and_it_is_noted() {
    let post = Post::open().await;
    let user = post.customer(ADA);
    let path = format!("/api/admin/users/{user}/notification-settings");
    let mut settings: NotificationSettings = post.get(&path).as_staff(SUPPORT).await.expect(200).json();
    settings.email.enabled = false;
    let _saved = post.put(&path).as_staff(MARKETING).json(&settings).await.expect(200);
    assert!(!read(&post, user).await.email.enabled);
    post.settle().await;
    let noted = post.published::<NotificationAuditRecorded>().await;
    let actions: Vec<_> = noted.iter().map(|record| record.0.action.as_str()).collect();
    assert_eq!(actions, ["notification-settings.read", "notification-settings.write"]);
    let changes = post.published::<CommunicationPreferenceUpdated>().await;
    assert!(changes.iter().all(|change| change.source_of_change == "ADMIN"));
    post.get(&path).as_user(user).await.problem(403, "forbidden");
    post.put(&path).as_user(user).json(&settings).await.problem(403, "forbidden");
}
