//! Tests of password hashing.

use super::phc::Stored;
use super::*;
use base::config::Span;
use base::{Kind, Secret};
use futures::future::join_all;
use std::time::Duration;

/// Cheap settings: the rules are the same, only the work is less.
fn cheap() -> HashSettings {
    HashSettings { memory_kib: 64, passes: 1, permits: 2, ..HashSettings::default() }
}

fn gate() -> HashGate {
    HashGate::new(&cheap()).unwrap()
}

fn pepper(id: &str) -> Pepper {
    Pepper { id: id.into(), secret: Secret::new(format!("secret of {id}")) }
}

fn peppered(ids: &[&str]) -> HashGate {
    HashGate::new(&HashSettings { peppers: ids.iter().map(|id| pepper(id)).collect(), ..cheap() }).unwrap()
}

#[tokio::test]
async fn the_defaults_are_those_of_the_security_book() {
    let gate = HashGate::new(&HashSettings::default()).unwrap();
    let stored = gate.hash("correct horse battery staple").await.unwrap();
    assert!(stored.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{stored}");
    let parsed = Stored::parse(&stored).unwrap();
    assert_eq!((parsed.salt.len(), parsed.output.len()), (16, 32));
    assert!(gate.verify("correct horse battery staple", Some(&stored)).await.unwrap());
    assert!(!gate.needs_rehash(&stored));
}

#[tokio::test]
async fn only_the_right_password_is_right() {
    let gate = gate();
    let stored = gate.hash("hunter2 ").await.unwrap();
    assert!(gate.verify("hunter2 ", Some(&stored)).await.unwrap());
    for wrong in ["hunter2", "Hunter2 ", "hunter2  ", " hunter2 ", "hunter2 \0", ""] {
        assert!(!gate.verify(wrong, Some(&stored)).await.unwrap(), "{wrong:?}");
    }
    assert_ne!(gate.hash("hunter2 ").await.unwrap(), stored, "salts differ");
}

#[tokio::test]
async fn a_password_does_not_depend_on_how_the_keyboard_writes_it() {
    let gate = gate();
    for (typed, elsewhere) in [
        ("café au lait", "cafe\u{301} au lait"),
        ("Ａｄａ１２３", "Ada123"),
        ("ﬁancée", "fiancée"),
        ("Å", "\u{212b}"),
        ("한국어", "한국어"),
    ] {
        let stored = gate.hash(typed).await.unwrap();
        assert!(gate.verify(elsewhere, Some(&stored)).await.unwrap(), "{typed}");
        let stored = gate.hash(elsewhere).await.unwrap();
        assert!(gate.verify(typed, Some(&stored)).await.unwrap(), "{typed}");
    }
    let stored = gate.hash("straße").await.unwrap();
    assert!(!gate.verify("strasse", Some(&stored)).await.unwrap(), "different passwords stay different");
}

#[tokio::test]
async fn a_password_of_the_greatest_length_is_taken_and_a_longer_one_is_not() {
    let gate = gate();
    for good in ["x".repeat(128), "é".repeat(128), "😀".repeat(128)] {
        let stored = gate.hash(&good).await.unwrap();
        assert!(gate.verify(&good, Some(&stored)).await.unwrap());
    }
    let stored = gate.hash("short").await.unwrap();
    let before = gate.load().operations;
    // The last one is three bytes that normalise to thirty-three.
    for bad in ["x".repeat(129), "😀".repeat(129), "x".repeat(10_000_000), "\u{fdfa}".repeat(20)] {
        let error = gate.hash(&bad).await.unwrap_err();
        assert_eq!((error.kind(), error.fields()[0].code.as_str()), (Kind::Invalid, "too-long"));
        assert!(!gate.verify(&bad, Some(&stored)).await.unwrap());
        assert!(!gate.verify(&bad, None).await.unwrap());
    }
    assert_eq!(gate.load().operations, before, "no work was done for them");
}

#[tokio::test]
async fn an_unknown_account_costs_the_same_work_as_a_wrong_password() {
    let gate = gate();
    let stored = gate.hash("right").await.unwrap();
    // The second password differs from its normal form, so both forms are tried.
    for (wrong, work) in [("wrong", 1), ("ﬁlthy", 2), ("", 1)] {
        let mut costs = Vec::new();
        for account in [Some(stored.as_str()), None] {
            let before = gate.load().operations;
            assert!(!gate.verify(wrong, account).await.unwrap());
            costs.push(gate.load().operations - before);
        }
        assert_eq!(costs, [work, work], "{wrong:?}");
    }
}

#[tokio::test]
async fn an_unknown_account_waits_at_the_same_door() {
    let gate = HashGate::new(&HashSettings { queue: 0, ..cheap() }).unwrap();
    let stored = gate.hash("right").await.unwrap();
    let full = gate.occupy();
    for account in [Some(stored.as_str()), None] {
        assert_eq!(gate.verify("right", account).await.unwrap_err().code(), "busy");
    }
    drop(full);
    assert!(gate.verify("right", Some(&stored)).await.unwrap());
}

#[tokio::test]
async fn a_hash_of_another_system_is_verified_and_then_replaced() {
    let gate = gate();
    // From the reference implementation's own test.
    let reference = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    assert!(gate.verify("password", Some(reference)).await.unwrap());
    assert!(!gate.verify("differentpassword", Some(reference)).await.unwrap());
    assert!(gate.needs_rehash(reference));
    let old = "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ";
    assert!(gate.verify("password", Some(old)).await.unwrap());
    assert!(gate.needs_rehash(old));
    assert!(gate.needs_rehash("$2b$12$abcdefghijklmnopqrstuv"));
}

#[tokio::test]
async fn a_hash_of_a_system_that_did_not_normalise_is_verified() {
    use argon2::PasswordHasher as _;
    let gate = gate();
    let typed = "ﬁancée";
    let argon2 = argon2::Argon2::from(argon2::Params::new(64, 1, 1, None).unwrap());
    let stored = argon2.hash_password_with_salt(typed.as_bytes(), b"sixteen bytes !!").unwrap().to_string();
    assert!(gate.verify(typed, Some(&stored)).await.unwrap());
    assert!(!gate.verify("fiancée", Some(&stored)).await.unwrap());
}

#[tokio::test]
async fn stored_strings_that_ask_for_too_much_are_refused_without_work() {
    let gate = gate();
    let tail = "c29tc2FsdHNvbWVzYWx0$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let hostile = [
        format!("$argon2id$v=19$m=4294967295,t=2,p=1${tail}"),
        format!("$argon2id$v=19$m=262145,t=2,p=1${tail}"),
        format!("$argon2id$v=19$m=19456,t=11,p=1${tail}"),
        format!("$argon2id$v=19$m=19456,t=4294967295,p=1${tail}"),
        format!("$argon2id$v=19$m=19456,t=2,p=17${tail}"),
        format!("$argon2id$v=19$m=19456,t=2,p=16777216${tail}"),
        format!("$argon2id$v=19$m=19456,t=2,p=0${tail}"),
        format!("$argon2id$v=19$m=19456,t=0,p=1${tail}"),
        format!("$argon2id$v=19$m=1,t=2,p=1${tail}"),
        format!("$argon2id$v=18$m=19456,t=2,p=1${tail}"),
        format!("$argon2x$v=19$m=19456,t=2,p=1${tail}"),
        format!("$argon2id$v=19$m=99999999999999999999,t=2,p=1${tail}"),
        format!("$argon2id$v=19$m=19456,t=2,p=1,keyid=bm9uZQ${tail}"),
        "$argon2id$v=19$m=19456,t=2,p=1$c29tZQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc".to_owned(),
        "$argon2id$v=19$m=19456,t=2,p=1$c29tc2FsdHNvbWVzYWx0$CTFhFdXPJO0".to_owned(),
        "$argon2id$v=19$m=19456,t=2,p=1$c29tc2FsdHNvbWVzYWx0$CTFhFdXPJO1aFaMaO6Mm".to_owned(),
        "$argon2id$v=19$m=19456,t=2,p=1$c29tc2FsdHNvbWVzYWx0".to_owned(),
        format!("$argon2id$v=19$m=19456,t=2,p=1${tail}${}", "A".repeat(1_000_000)),
        "$2b$12$abcdefghijklmnopqrstuv".to_owned(),
        "hunter2".to_owned(),
        "$".repeat(500),
        String::new(),
    ];
    for stored in &hostile {
        let error = gate.verify("password", Some(stored)).await.unwrap_err();
        assert_eq!(error.kind(), Kind::Internal, "{stored:.80}");
    }
    assert_eq!(gate.load().operations, 0);
    assert_eq!(gate.load().most_running, 0);
}

proptest::proptest! {
    #[test]
    fn no_stored_string_makes_the_parser_panic(text in "[$a-z0-9=,]{0,80}", params in "[mtp=0-9,]{0,30}") {
        let _any_answer = Stored::parse(&text);
        let _any_answer = Stored::parse(&format!("$argon2id$v=19${params}$c29tc2FsdHNvbWVzYWx0$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"));
    }
}

#[tokio::test]
async fn a_pepper_goes_into_the_hash_and_can_be_replaced() {
    let old = peppered(&["p1"]);
    let stored = old.hash("secret").await.unwrap();
    assert!(stored.contains(",keyid=cDE$"), "{stored}");
    assert!(old.verify("secret", Some(&stored)).await.unwrap());
    assert!(!old.needs_rehash(&stored));

    let new = peppered(&["p2", "p1"]);
    assert!(new.verify("secret", Some(&stored)).await.unwrap());
    assert!(new.needs_rehash(&stored));
    let replaced = new.hash("secret").await.unwrap();
    assert!(new.verify("secret", Some(&replaced)).await.unwrap() && !new.needs_rehash(&replaced));

    let none = gate();
    assert_eq!(none.verify("secret", Some(&stored)).await.unwrap_err().kind(), Kind::Internal);
    let plain = none.hash("secret").await.unwrap();
    assert!(new.verify("secret", Some(&plain)).await.unwrap() && new.needs_rehash(&plain));

    let settings =
        HashSettings { peppers: vec![Pepper { secret: Secret::new("x".into()), ..pepper("p1") }], ..cheap() };
    let impostor = HashGate::new(&settings).unwrap();
    assert!(!impostor.verify("secret", Some(&stored)).await.unwrap(), "the secret counts, not its name");
}

#[test]
fn settings_that_cannot_work_are_refused_at_the_start() {
    let with = |change: fn(&mut HashSettings)| {
        let mut settings = cheap();
        change(&mut settings);
        HashGate::new(&settings).err().map(|error| error.code().to_owned())
    };
    assert_eq!(with(|_| ()), None);
    let bad: [fn(&mut HashSettings); 9] = [
        |settings| settings.memory_kib = 262_145,
        |settings| settings.memory_kib = 7,
        |settings| settings.passes = 0,
        |settings| settings.passes = 11,
        |settings| settings.lanes = 0,
        |settings| settings.lanes = 17,
        |settings| settings.peppers = vec![pepper("nine bytes")],
        |settings| settings.peppers = vec![pepper("")],
        |settings| settings.peppers = vec![pepper("p1"), pepper("p1")],
    ];
    for change in bad {
        assert_eq!(with(change).as_deref(), Some("settings"));
    }
}

#[test]
fn settings_are_read_from_a_file() {
    let text = "memory_kib = 32768\nwait = '500ms'\npeppers = [{ id = 'p1', secret = 's3cr3t' }]";
    let settings: HashSettings = toml::from_str(text).unwrap();
    assert_eq!((settings.memory_kib, settings.passes, settings.queue), (32_768, 2, 64));
    assert_eq!(settings.wait, Span(Duration::from_millis(500)));
    assert!(!format!("{settings:?}").contains("s3cr3t"));
    assert!(toml::from_str::<HashSettings>("memory = 1").is_err());
}

#[tokio::test]
async fn two_hundred_at_once_fill_the_queue_and_the_rest_is_told_to_come_back() {
    let gate = gate();
    let stored = gate.hash("right").await.unwrap();
    let done = gate.load().operations;
    let full = gate.occupy();
    let mut callers: Vec<_> = (0..200).map(|_| Box::pin(gate.verify("right", Some(&stored)))).collect();
    let mut refused = 0;
    for caller in &mut callers {
        if let std::task::Poll::Ready(answer) = futures::poll!(caller) {
            let error = answer.unwrap_err();
            assert_eq!((error.kind(), error.code()), (Kind::Unavailable, "busy"));
            assert_eq!(error.wait(), Some(Duration::from_secs(1)));
            refused += 1;
        }
    }
    let load = gate.load();
    assert_eq!((refused, load.waiting, load.refused), (136, 64, 136));
    assert_eq!(load.operations, done, "the refused cost no work");

    // Half of those who wait go away; the other half is served once there is room.
    drop(full);
    let waiting: Vec<_> = callers.into_iter().take(64).collect();
    let (leavers, stayers): (Vec<_>, Vec<_>) = waiting.into_iter().enumerate().partition(|(n, _)| n % 2 == 0);
    drop(leavers);
    let answers = join_all(stayers.into_iter().map(|(_, caller)| caller)).await;
    assert!(answers.into_iter().all(|answer| answer.unwrap()));
    let load = gate.load();
    assert_eq!((load.waiting, load.running, load.operations), (0, 0, done + 32));
    assert!(load.most_running <= load.permits, "{load:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_storm_on_many_threads_never_exceeds_the_permits() {
    let settings =
        HashSettings { queue: 10, wait: Span(Duration::from_secs(60)), memory_kib: 1024, ..cheap() };
    let gate = HashGate::new(&settings).unwrap();
    let storm = (0..200).map(|number| {
        let gate = gate.clone();
        base::spawn("sign-in", async move { gate.verify(&format!("password {number}"), None).await })
    });
    let answers = join_all(storm.collect::<Vec<_>>()).await;
    let served = answers.into_iter().filter(|answer| answer.as_ref().unwrap().is_ok()).count() as u64;
    gate.until_idle().await;
    let load = gate.load();
    assert_eq!(load.operations, served);
    assert_eq!(load.refused, 200 - served);
    assert!(load.most_running <= 2 && load.waiting == 0, "{load:?}");
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_two_seconds() {
    let gate = gate();
    let _full = gate.occupy();
    let started = tokio::time::Instant::now();
    assert_eq!(gate.hash("password").await.unwrap_err().code(), "busy");
    assert_eq!(started.elapsed().as_secs(), 2);
    assert_eq!((gate.load().waiting, gate.load().refused), (0, 1));
}

#[tokio::test]
async fn a_caller_who_goes_away_during_the_work_gives_the_permit_back() {
    let gate = HashGate::new(&HashSettings { permits: 1, ..cheap() }).unwrap();
    for _ in 0..20 {
        let mut caller = Box::pin(gate.verify("password", None));
        let _started = futures::poll!(&mut caller);
        drop(caller);
        gate.until_idle().await;
    }
    assert_eq!(gate.load().operations, 20, "work that was begun is finished");
    assert!(gate.hash("password").await.is_ok());
}

#[tokio::test]
async fn an_imported_hash_that_needs_much_memory_takes_more_permits() {
    let gate = HashGate::new(&HashSettings { permits: 4, queue: 0, ..cheap() }).unwrap();
    let weight = |m: u32| {
        let text = format!(
            "$argon2id$v=19$m={m},t=1,p=1$c29tc2FsdHNvbWVzYWx0$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
        );
        gate.weight_of(&Stored::parse(&text).unwrap())
    };
    assert_eq!([8, 64, 65, 68, 128, 200, 256, 262_144].map(weight), [1, 1, 1, 2, 2, 4, 4, 4]);
}
