//! Many at once.

use crate::support::{Shop, product_of, variant};
use api::product::{CategoryList, ProductCreated, WriteCategory};
use serde_json::json;

async fn statuses(requests: Vec<testkit::TestRequest>) -> Vec<u16> {
    let running: Vec<_> = requests
        .into_iter()
        .map(|request| base::spawn("race", async move { request.await.status.as_u16() }))
        .collect();
    let mut statuses = Vec::new();
    for one in running {
        statuses.push(one.await.unwrap());
    }
    statuses.sort_unstable();
    statuses
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_gets_the_sku() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    let requests = (0..12).map(|n| {
        shop.post("/api/products").json(&product_of(&format!("P {n}"), category, vec![variant("SAME", 1)]))
    });
    let seen = statuses(requests.collect()).await;
    assert_eq!(seen.iter().filter(|status| **status == 201).count(), 1, "{seen:?}");
    assert!(seen.iter().all(|status| [201, 409].contains(status)), "{seen:?}");
    assert_eq!(shop.list("count=true").await.total, Some(1));
    assert_eq!(shop.service.published::<ProductCreated>().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_of_many_gets_the_slug() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    let requests = (0..12).map(|n| {
        shop.post("/api/products").json(&product_of(
            "Same name",
            category,
            vec![variant(&format!("S-{n}"), 1)],
        ))
    });
    let seen = statuses(requests.collect()).await;
    assert_eq!(seen.iter().filter(|status| **status == 201).count(), 1, "{seen:?}");
    assert_eq!(shop.names("").await, ["Same name"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn no_change_of_many_is_lost() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    let path = format!("/api/products/{}", made.id);
    let requests = (0..12).map(|n| {
        let patch = json!({"attributes": {format!("a{n}"): "x"}}).to_string();
        shop.patch(&path).raw("application/merge-patch+json", patch)
    });
    let seen = statuses(requests.collect()).await;
    assert_eq!(seen, [200; 12]);
    let after = shop.read(made.id).await;
    assert_eq!((after.attributes.len(), after.version), (12, 13));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_writers_who_saw_the_same_version_one_wins() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    let path = format!("/api/products/{}", made.id);
    let requests = (0..8).map(|n| {
        let patch = json!({"name": format!("Name {n}")}).to_string();
        shop.patch(&path).header("if-match", "\"1\"").raw("application/merge-patch+json", patch)
    });
    let seen = statuses(requests.collect()).await;
    assert_eq!(seen, [200, 412, 412, 412, 412, 412, 412, 412]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_categories_never_end_up_below_each_other() {
    let shop = Shop::open().await;
    let (a, b) = (shop.category("A", None).await, shop.category("B", None).await);
    let hang = |child: &api::product::Category, parent: &api::product::Category| {
        shop.post(&format!("/api/categories/{}/move", child.id)).json(&json!({"parentId": parent.id}))
    };
    for _ in 0..5 {
        let seen = statuses(vec![hang(&a, &b), hang(&b, &a)]).await;
        assert_eq!(seen, [200, 409]);
        let tree: CategoryList = shop.service.get("/api/categories").await.expect(200).json();
        let below: Vec<_> = tree.items.iter().filter(|own| own.parent_id.is_some()).collect();
        assert_eq!(below.len(), 1);
        shop.post(&format!("/api/categories/{}/move", below[0].id)).json(&json!({})).await.expect(200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_category_is_not_removed_under_a_product_being_filed() {
    let shop = Shop::open().await;
    for n in 0..6 {
        let category = shop.category(&format!("C {n}"), None).await;
        let create = shop.post("/api/products").json(&product_of(
            &format!("P {n}"),
            category.id,
            vec![variant(&format!("S-{n}"), 1)],
        ));
        let delete = shop.delete(&format!("/api/categories/{}", category.id));
        let seen = statuses(vec![create, delete]).await;
        assert!(seen == [201, 409] || seen == [204, 422], "{seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_imports_of_one_file_make_every_product_once() {
    let shop = Shop::open().await;
    let file = crate::import::catalogue("home.shopify.csv");
    let requests = (0..3).map(|_| shop.post("/api/products/import").raw("text/csv", file.clone())).collect();
    assert_eq!(statuses(requests).await, [200; 3]);
    assert_eq!(shop.list("count=true").await.total, Some(37));
    assert_eq!(shop.service.published::<ProductCreated>().await.len(), 37);
    let tree: CategoryList = shop.service.get("/api/categories").await.expect(200).json();
    let mut names: Vec<_> = tree.items.iter().map(|own| (own.parent_id, own.name.clone())).collect();
    let all = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), all);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn readers_see_whole_products_while_writers_write() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots 0", 0).await;
    let path = format!("/api/products/{}", made.id);
    let variants = format!("/api/products/{}/variants/{}", made.id, made.variants[0].id);
    let mut running = Vec::new();
    for n in 1..20_i64 {
        let mut body = variant("BOOTS-0", n);
        body.weight_grams = Some(n);
        let write = shop.put(&variants).json(&body);
        let read = shop.service.get(&path);
        running.push(base::spawn("write", async move {
            write.await.expect(200);
        }));
        running.push(base::spawn("read", async move {
            let seen: api::product::Product = read.await.expect(200).json();
            let own = &seen.variants[0];
            assert!(
                own.weight_grams.is_none() || own.weight_grams == Some(own.effective_price.minor),
                "{own:?}"
            );
        }));
    }
    for one in running {
        one.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_siblings_of_one_name_one_is_made() {
    let shop = Shop::open().await;
    let requests = (0..8).map(|n| {
        shop.post("/api/categories").json(&WriteCategory {
            name: "Same".into(),
            slug: Some(format!("s-{n}")),
            ..Default::default()
        })
    });
    let seen = statuses(requests.collect()).await;
    assert_eq!(seen.iter().filter(|status| **status == 201).count(), 1, "{seen:?}");
}
