//! `GET /api/products/export.csv`: Shopify files out, and in again.

use crate::import::{CATALOGUES, catalogue};
use crate::support::{CATALOG_MANAGER, Shop, eur, product_of, variant_with};
use api::product::{ImportReport, Product, SetPrice, WriteProduct};
use serde_json::json;

#[tokio::test]
async fn what_was_imported_is_exported_to_the_letter() {
    for (name, ..) in CATALOGUES {
        let shop = Shop::open().await;
        let file = catalogue(name);
        shop.import(file.clone()).await;
        // Two prices of the file are written without their cents.
        let file = file.replace(",manual,100,", ",manual,100.00,").replace(",manual,150,", ",manual,150.00,");
        let exported = shop.export().await;
        for (number, (ours, theirs)) in exported.lines().zip(file.lines()).enumerate() {
            assert_eq!(ours, theirs, "{name} line {}", number + 1);
        }
        assert_eq!(exported, file);
    }
}

#[tokio::test]
async fn an_exported_shop_makes_the_same_shop_elsewhere() {
    let here = Shop::open().await;
    for (name, ..) in CATALOGUES {
        here.import(catalogue(name)).await;
    }
    let category = here.some_category().await;
    let mut red = variant_with("ODD-R", 1_000, &[("Colour", "Red, \"dark\""), ("Size", "L")]);
    red.price = SetPrice { sale: Some(eur(750)), tax_class: "zero".into(), ..SetPrice::plain(eur(1_000)) };
    red.barcode = Some("4006381333931".into());
    red.weight_grams = Some(1234);
    let body = WriteProduct {
        description: "<p>Line one,\nline \"two\" – ß 靴</p>".into(),
        tags: vec!["a".into(), "b c".into()],
        ..product_of(
            "Odd one",
            category,
            vec![red, variant_with("ODD-B", 900, &[("Colour", "Blue"), ("Size", "L")])],
        )
    };
    let odd = here.product(&body).await;
    let path = format!("/api/products/{}/images", odd.id);
    for n in 0..3 {
        here.post(&path)
            .json(&json!({"url": format!("https://cdn.example/{n}.jpg"), "alt": format!("Side {n}")}))
            .await
            .expect(201);
    }
    let exported = here.export().await;
    assert_eq!(here.import(exported.clone()).await.unchanged, 139, "here it changes nothing");
    let there = Shop::open().await;
    let report = there.import(exported.clone()).await;
    assert_eq!((report.created, report.bad_row_count), (139, 0), "{:?}", report.bad_rows);
    assert_eq!(there.export().await, exported);
    let copy = there.read("odd-one").await;
    assert_eq!((copy.name, copy.description, copy.tags), (odd.name, odd.description, odd.tags));
    let seen = |product: &[api::product::Variant]| -> Vec<_> {
        product
            .iter()
            .map(|own| {
                (
                    own.sku.clone(),
                    own.attributes.clone(),
                    own.price.base,
                    own.price.sale,
                    own.price.tax_class.clone(),
                    own.barcode.clone(),
                    own.weight_grams,
                )
            })
            .collect()
    };
    assert_eq!(seen(&copy.variants), seen(&odd.variants));
    let alts: Vec<_> = copy.images.iter().map(|image| (image.url.as_str(), image.alt.as_deref())).collect();
    assert_eq!(alts[2], ("https://cdn.example/2.jpg", Some("Side 2")));
}

#[tokio::test]
async fn columns_we_do_not_know_travel_along() {
    let shop = Shop::open().await;
    let file = "Handle,Title,Variant SKU,Variant Price,Color (product.metafields.shopify.color),Variant Tax Code,Price / US\n\
        a,A,A-1,1.00,red,T1,1.10\na,,A-2,1.00,,T2,2.20\n";
    let file = file
        .replace("Variant SKU,", "Option1 Name,Option1 Value,Variant SKU,")
        .replace("a,A,", "a,A,Size,S,")
        .replace("a,,", "a,,,L,");
    shop.import(file.clone()).await;
    let exported = shop.export().await;
    let mut lines = exported.lines();
    assert!(
        lines
            .next()
            .unwrap()
            .ends_with(",Color (product.metafields.shopify.color),Price / US,Variant Tax Code")
    );
    assert!(lines.next().unwrap().ends_with(",red,1.10,T1"));
    assert!(lines.next().unwrap().ends_with(",,2.20,T2"));
    assert_eq!(shop.import(exported).await.unchanged, 1);
    assert_eq!(shop.import(file).await.unchanged, 1);
}

#[tokio::test]
async fn what_the_format_cannot_say_survives_its_own_export() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 1_000).await;
    let path = format!("/api/products/{}/variants/{}/price", made.id, made.variants[0].id);
    let reduced = SetPrice { tax_class: "reduced".into(), ..SetPrice::plain(eur(1_000)) };
    shop.put(&path).json(&reduced).await.expect(200);
    shop.put(&format!("/api/products/{}/status", made.id))
        .json(&json!({"status": "DISCONTINUED"}))
        .await
        .expect(200);
    let before = shop.read(made.id).await;
    assert_eq!(shop.import(shop.export().await).await.unchanged, 1);
    assert_eq!(shop.read(made.id).await, before);
}

#[tokio::test]
async fn what_was_deleted_is_not_exported() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 1_000).await;
    shop.delete(&format!("/api/products/{}", made.id)).await.expect(204);
    assert_eq!(shop.export().await.lines().count(), 1);
}

#[tokio::test]
async fn files_are_for_staff_and_importers_only() {
    let shop = Shop::open().await;
    let get = |path: &str| shop.service.get(path);
    get("/api/products/export.csv").await.problem(401, "unauthenticated");
    get("/api/products/export.csv").as_user(auth::UserId::new()).await.problem(403, "forbidden");
    get("/internal/products/export").as_service("cart").await.problem(403, "forbidden");
    let importer = || testkit::Identity::Client(vec!["product:import"]);
    let answer = get("/internal/products/export").as_identity(importer()).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8"));
    get("/api/products/export.csv").as_staff(&CATALOG_MANAGER).await.expect(200);
    let send = |path: &str| shop.service.post(path).raw("text/csv", "Handle,Title\n");
    send("/api/products/import").await.problem(401, "unauthenticated");
    send("/internal/products/import").as_service("cart").await.problem(403, "forbidden");
    let report: ImportReport =
        send("/internal/products/import").as_identity(importer()).await.expect(200).json();
    assert_eq!(report.rows, 0);
}

#[tokio::test]
async fn a_file_of_many_products_is_imported_in_pieces() {
    let shop = Shop::open().await;
    let row = |n: u32| format!("p-{n},Product {n},Brand {},Type {},SKU-{n},{}.99\n", n % 7, n % 5, n % 90);
    let rows: Vec<String> = (0..400).map(row).collect();
    let file = format!("Handle,Title,Vendor,Type,Variant SKU,Variant Price\n{}", rows.concat());
    let report = shop.import(file.clone()).await;
    assert_eq!((report.created, report.rows, report.bad_row_count), (400, 400, 0));
    assert_eq!(shop.list("count=true&limit=1").await.total, Some(400));
    assert_eq!(shop.names("q=product%20123").await[0], "Product 123");
    assert_eq!(shop.import(file).await.unchanged, 400);
    let one: Product = shop.read("p-399").await;
    assert_eq!(one.categories[0].name, "Type 4");
}
