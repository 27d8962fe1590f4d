//! What a refused request leaves behind, and that a flood of them leaves little.

use super::*;
use api::shared::ActorKind;
use base::{Clock, Timestamp};
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

struct Shop;

impl Publisher for Shop {
    const SOURCE: &'static str = "ShopService";
}

fn refused(operation: &str, who: &str) -> Refused {
    Refused {
        actor: Actor::new(ActorKind::User, who),
        operation: operation.to_owned(),
        route: "/api/users/{id}".to_owned(),
        code: Some("forbidden".to_owned()),
    }
}

async fn records(db: &Db, least: usize) -> Vec<api::audit::AuditRecord> {
    for _ in 0..500 {
        let found = events::outbox::published::<AuditRecorded<Shop>>(db).await.unwrap();
        if found.len() >= least {
            return found.into_iter().map(|message| message.0).collect();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("there are no {least} records after five seconds");
}

#[tokio::test]
async fn a_flood_of_refusals_leaves_one_record_per_caller_operation_and_minute() {
    let clock = Clock::manual(Timestamp::from_micros(1_000_000));
    let db = db::testing::database("refusals", events::MIGRATIONS, clock.clone()).await;
    let metrics = Metrics::default();
    let limiter = Limiter::new(clock.clone());
    let refusals = Refusals::start("shop", db.again().await, Auditor::of::<Shop>(), limiter, metrics.clone());
    let here = RequestContext {
        client_address: Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        client_agent: Some("curl/8".into()),
        ..RequestContext::background()
    };
    for _ in 0..1000 {
        refusals.note(&here, refused("get_user", "mallory")).await;
    }
    refusals.note(&here, refused("set_status", "mallory")).await;
    refusals.note(&here, refused("get_user", "eve")).await;
    let found = records(&db, 3).await;
    assert_eq!(found.len(), 3);
    let first = serde_json::to_value(&found[0]).unwrap();
    assert_eq!(first["actor"], serde_json::json!({ "type": "USER", "id": "mallory" }));
    assert_eq!((&first["action"], &first["outcome"]), (&"get_user".into(), &"DENIED".into()));
    assert_eq!((&first["resourceType"], &first["reason"]), (&"/api/users/{id}".into(), &"forbidden".into()));
    assert_eq!((&first["ipAddress"], &first["userAgent"]), (&"127.0.0.1".into(), &"curl/8".into()));
    let numbers = metrics.render();
    let counted = |recorded: &str, count: u32| {
        format!(
            "access_refusals_total{{service=\"shop\",operation=\"get_user\",recorded=\"{recorded}\"}} {count}"
        )
    };
    assert!(numbers.contains(&counted("yes", 2)) && numbers.contains(&counted("no", 999)), "{numbers}");
    clock.advance(Duration::from_secs(61));
    refusals.note(&here, refused("get_user", "mallory")).await;
    assert_eq!(records(&db, 4).await.len(), 4, "a minute later the next one is written");
}

#[tokio::test]
async fn a_store_that_is_gone_delays_nobody_and_the_refusal_is_still_counted() {
    let clock = Clock::manual(Timestamp::from_micros(1_000_000));
    let db = db::testing::database("refusals", events::MIGRATIONS, clock.clone()).await;
    let gone = db.again().await;
    gone.close().await;
    let metrics = Metrics::default();
    let refusals =
        Refusals::start("shop", gone, Auditor::of::<Shop>(), Limiter::new(clock.clone()), metrics.clone());
    let noted = async {
        for number in 0..WAITING * 2 {
            refusals.note(&RequestContext::background(), refused("get_user", &number.to_string())).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), noted).await.expect("nobody waits for the store");
    let numbers = metrics.render();
    let total: usize = numbers
        .lines()
        .filter(|line| line.starts_with("access_refusals_total{"))
        .filter_map(|line| line.rsplit_once(' ')?.1.parse::<usize>().ok())
        .sum();
    assert_eq!(total, WAITING * 2);
}
