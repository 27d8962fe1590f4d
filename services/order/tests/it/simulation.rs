//! Random stories: customers order, pay, give up; neighbours fail; processes die; time passes.
//! Whatever happened, in the end every order is whole or gone and nobody has lost money or stock.

use crate::shop::{A_WHILE, Shop};
use crate::world::{Article, Fault, Gateway};
use api::ids::PaymentId;
use api::payment::PaymentStatus;
use base::Currency;
use std::time::Duration;

const CALLS: [&str; 11] = [
    "lock",
    "availability",
    "reserve",
    "pay",
    "confirm",
    "release",
    "unlock",
    "list",
    "void",
    "refund",
    "read",
];

/// A small generator, so that a failing story can be told again by its seed (Knuth, MMIX).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.roll(of.len())]
    }
}

fn open_payments(shop: &Shop) -> Vec<PaymentId> {
    shop.world
        .payments()
        .iter()
        .filter(|payment| payment.status.is_open())
        .map(|payment| payment.id)
        .collect()
}

async fn step(shop: &mut Shop, dice: &mut Dice, article: &Article) {
    let owner = shop.ada.to_string();
    match dice.roll(12) {
        0..=2 => {
            if !shop.world.cart(&owner).is_locked() {
                shop.world.memory().carts.remove(&owner);
                shop.world.fill_cart(&owner, &[(article, 1 + dice.roll(3) as i64)], Currency::EUR);
            }
            let _answer = shop.place().await;
        }
        3 => shop.world.memory().gateway = dice.pick(&[Gateway::Redirect, Gateway::Pays, Gateway::Declines]),
        4 | 5 => {
            let (call, fault) = (dice.pick(&CALLS), dice.pick(&[Fault::Before, Fault::After]));
            shop.world.fail(call, &vec![fault; 1 + dice.roll(4)]);
        }
        6 | 7 => {
            let open = open_payments(shop);
            if !open.is_empty() {
                let payment = dice.pick(&open);
                let news = shop.succeeded(payment);
                // The news may be lost; then somebody has to ask.
                if dice.roll(3) > 0 {
                    let _delivered = shop.publish(news).await;
                }
            }
        }
        8 => {
            for payment in open_payments(shop) {
                let _silent = shop
                    .world
                    .decide(payment, dice.pick(&[PaymentStatus::Failed, PaymentStatus::Processing]));
            }
        }
        9 => {
            let page: base::page::Page<api::order::Order> =
                shop.get("/api/orders").as_user(shop.ada).await.expect(200).json();
            if let Some(order) = page.items.first() {
                let _answer = if dice.roll(2) == 0 {
                    shop.cancel(order.id).await
                } else {
                    shop.pay_again(order.id).await
                };
            }
        }
        10 => {
            shop.db().die_after(Some(dice.roll(6) as u64));
            let _answer = shop.place().await;
            shop.db().die_after(None);
            shop.restart().await;
        }
        _ => {
            let times = [A_WHILE, Duration::from_secs(6 * 60), Duration::from_secs(31 * 60)];
            shop.calm_after(dice.pick(&times)).await;
        }
    }
}

async fn story(seed: u64) {
    let mut dice = Dice(seed);
    let mut shop = Shop::open_with(&[("checkout_budget", "500ms")]).await;
    let article = shop.world.article(1_990, 1_000);
    shop.world.fill_cart(&shop.ada.to_string(), &[(&article, 1)], Currency::EUR);
    for _ in 0..25 {
        step(&mut shop, &mut dice, &article).await;
    }
    // The neighbours recover, and enough time passes for every timer.
    shop.world.heal();
    for _ in 0..60 {
        shop.calm_after(A_WHILE).await;
    }
    shop.assert_sound().await;
    let sold: i64 = shop.world.sold();
    assert_eq!(shop.world.stock(&article), 1_000 - sold, "seed {seed}: stock is sold or there");
}

async fn stories(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        story(seed).await;
    }
}

#[tokio::test]
async fn stories_of_many_kinds_end_well() {
    stories(0..4).await;
}

#[tokio::test]
async fn more_stories_end_well() {
    stories(4..8).await;
}

#[tokio::test]
async fn yet_other_stories_end_well() {
    stories(100..104).await;
}

#[tokio::test]
async fn and_still_other_stories_end_well() {
    stories(104..108).await;
}
