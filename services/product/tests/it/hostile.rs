//! Input that means harm.

use crate::support::{Shop, least, product_of, variant};
use api::product::{Product, ProductCreated, WriteProduct, WriteVariant};
use serde_json::{Value, json};

#[tokio::test]
async fn texts_are_bounded_wherever_they_are() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    let long = |length: usize| "x".repeat(length);
    let cases = [
        ("/name", json!(long(256))),
        ("/slug", json!(long(256))),
        ("/description", json!(long(65_537))),
        ("/brand", json!(long(101))),
        ("/tags", json!([long(101)])),
        ("/tags", json!((0..51).map(|n| n.to_string()).collect::<Vec<_>>())),
        ("/attributes", json!({"a": long(501)})),
        ("/attributes", json!({long(101): "a"})),
        ("/metadata", json!({"a": long(17_000)})),
        ("/variants/0/sku", json!(long(101))),
        ("/variants/0/barcode", json!(long(65))),
        ("/variants/0/weightGrams", json!(-1)),
        ("/variants/0/weightGrams", json!(i64::MAX)),
        ("/variants/0/price/base/amount", json!(i64::MAX)),
        ("/variants/0/price/taxClass", json!("a b")),
        ("/variants/0/position", json!(-1)),
    ];
    for (pointer, value) in cases {
        let mut body = least("Boots", category);
        set(&mut body, pointer, value);
        let problem = shop.post("/api/products").json(&body).await.problem(422, "validation");
        assert!(problem.errors[0].pointer.starts_with(pointer), "{pointer}: {:?}", problem.errors);
    }
}

fn set(body: &mut Value, pointer: &str, value: Value) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = value;
}

#[tokio::test]
async fn bodies_that_are_no_products_are_refused() {
    let shop = Shop::open().await;
    let cases = [
        ("", 400),
        ("{", 400),
        ("[]", 422),
        ("null", 422),
        (r#"{"name": "a", "name": "b"}"#, 422),
        (r#"{"nome": "a"}"#, 422),
        ("{\"name\": \"a\u{0}\"}", 400),
        (r#"{"name": "a\u0000"}"#, 422),
        (r#"{"variants": {}}"#, 422),
    ];
    for (body, status) in cases {
        let answer = shop.post("/api/products").raw("application/json", body).await;
        assert_eq!(answer.status.as_u16(), status, "{body}: {}", answer.text());
    }
    let deep = format!("{}{}", "[".repeat(500), "]".repeat(500));
    let body = format!(r#"{{"metadata": {{"a": {deep}}}}}"#);
    assert!(shop.post("/api/products").raw("application/json", body).await.status.is_client_error());
    shop.post("/api/products").raw("text/plain", "{}").await.problem(415, "unsupported-media-type");
}

#[tokio::test]
async fn strange_letters_are_kept_and_found() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    for (index, name) in [
        "靴 レッド",
        "Ботинки",
        "👢 Boots 👢",
        "a\u{301}",
        "\u{202e}evil",
        "<script>alert(1)</script>",
        "' OR 1=1 --",
        "../../etc",
    ]
    .iter()
    .enumerate()
    {
        let body = product_of(name, category, vec![variant(&format!("S-{index}"), 1)]);
        let made: Product = shop.product(&body).await;
        assert_eq!(shop.read(&made.slug).await.name, *name, "{}", made.slug);
        assert!(!made.slug.contains(['/', '.', '<', ' ']), "{}", made.slug);
    }
    assert_eq!(shop.names("q=%E9%9D%B4").await, ["靴 レッド"]);
    assert_eq!(shop.names("q=%D0%B1%D0%BE%D1%82%D0%B8%D0%BD%D0%BA%D0%B8").await, ["Ботинки"]);
}

/// A product of a hundred variants whose texts are as long as they may be.
fn largest(category: api::ids::CategoryId, letter: &str) -> WriteProduct {
    let variants = (0..100).map(|n| {
        let value = |length: usize| {
            format!("{n}{}", letter.repeat(length - 2)).chars().take(length).collect::<String>()
        };
        let options = ["A", "B", "C"].map(|name| (name.repeat(100), value(100)));
        WriteVariant { attributes: options.into(), ..variant(&format!("{n}-{}", "S".repeat(90)), 1) }
    });
    let body = product_of(&letter.repeat(255), category, variants.collect());
    WriteProduct { slug: Some("largest".into()), description: letter.repeat(65_536), ..body }
}

#[tokio::test]
async fn a_product_as_large_as_may_be_is_stored_read_and_told() {
    let shop = Shop::open().await;
    let made = shop.product(&largest(shop.some_category().await, "x")).await;
    assert_eq!(shop.read(made.id).await.variants.len(), 100);
    shop.service.settle().await;
    assert_eq!(shop.service.published::<ProductCreated>().await.len(), 1);
}

#[tokio::test]
async fn a_product_too_large_to_tell_others_of_is_not_stored() {
    let shop = Shop::open().await;
    let body = largest(shop.some_category().await, "𝄞");
    shop.post("/api/products").json(&body).await.problem(413, "message-too-large");
    assert!(shop.names("").await.is_empty());
}

#[tokio::test]
async fn query_strings_that_mean_harm_break_nothing() {
    let shop = Shop::open().await;
    shop.simple("Boots", 100).await;
    for query in [
        "q=%22",
        "q=(((",
        "q=*",
        "q=a%20AND",
        "q=%F0%9F%91%A2",
        "attr.=x",
        "attr.%27%3B--=x",
        "q=%00",
        "q=%ff",
        "brand=%ff",
        "a=1&a=2&&&=",
        "cursor=%20",
    ] {
        let answer = shop.service.get(&format!("/api/products?{query}")).await;
        assert!(!answer.status.is_server_error(), "{query}: {}", answer.text());
    }
}

#[tokio::test]
async fn a_file_full_of_nonsense_is_reported_within_bounds() {
    let shop = Shop::open().await;
    let rows: Vec<String> = (0..3_000).map(|n| format!("\"bad {n},x\"y,1\n")).collect();
    let report = shop.import(format!("Handle,Title,Variant Price\n{}", rows.concat())).await;
    assert_eq!((report.bad_row_count, report.bad_rows.len()), (3_000, 1_000));
    let mut file = b"Handle,Title,Variant Price\n\"".to_vec();
    file.extend(std::iter::repeat_n(b'x', 3 * 1024 * 1024));
    let report = shop.import(file).await;
    assert_eq!((report.created, report.bad_row_count), (0, 1));
}

#[tokio::test]
async fn names_and_codes_are_one_line_and_descriptions_are_not() {
    let shop = Shop::open().await;
    let category = shop.some_category().await;
    let cases = [
        ("/name", json!("Boots\nRed")),
        ("/brand", json!("A\tB")),
        ("/tags", json!(["warm\rdry"])),
        ("/countryOfOrigin", json!("ZZ")),
        ("/variants/0/sku", json!("B\u{2029}1")),
        ("/variants/0/name", json!("Red\u{85}")),
    ];
    for (pointer, value) in cases {
        let mut body = least("Boots", category);
        set(&mut body, pointer, value);
        let problem = shop.post("/api/products").json(&body).await.problem(422, "validation");
        assert!(problem.errors[0].pointer.starts_with(pointer), "{pointer}: {:?}", problem.errors);
    }
    let category_name = json!({ "name": "Shoes\nBoots" });
    shop.post("/api/categories").json(&category_name).await.problem(422, "validation");
    let mut body = least("Boots", category);
    set(&mut body, "/description", json!("Warm.\n\nDry."));
    assert_eq!(
        shop.post("/api/products").json(&body).await.expect(201).value()["description"],
        "Warm.\n\nDry."
    );
}
