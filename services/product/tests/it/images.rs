//! `/api/products/{id}/images`.

use crate::support::Shop;
use api::product::{Image, Product, ProductUpdated};
use image::{DynamicImage, ImageFormat};
use serde_json::json;
use std::io::Cursor;
use testkit::{Answer, TestRequest};

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::new_rgb8(width, height).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}

fn form(parts: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in parts {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        body.extend(format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n").bytes());
        body.extend(*content);
        body.extend(b"\r\n");
    }
    body.extend(b"--XX--\r\n");
    body
}

fn upload(shop: &Shop, product: &Product, bytes: &[u8]) -> TestRequest {
    let body = form(&[("alt", None, "A boot".as_bytes()), ("file", Some("../../evil.png"), bytes)]);
    shop.post(&format!("/api/products/{}/images", product.id)).raw("multipart/form-data; boundary=XX", body)
}

fn width(answer: &Answer) -> u32 {
    image::load_from_memory(&answer.body).unwrap().width()
}

#[tokio::test]
async fn an_upload_is_served_in_its_sizes_and_never_asked_for_twice() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    let added: Image = upload(&shop, &made, &png(1500, 750)).await.expect(201).json();
    assert_eq!(
        (added.alt.as_deref(), added.position, added.sizes.as_slice()),
        (Some("A boot"), 0, &[200, 600, 1200][..])
    );
    assert_eq!(shop.read(made.id).await.images, std::slice::from_ref(&added));
    for (query, expected) in [("", 1500), ("?size=200", 200), ("?size=600", 600), ("?size=1200", 1200)] {
        let answer = shop.service.get(&format!("{}{query}", added.url)).await.expect(200);
        assert_eq!(width(&answer), expected);
        assert_eq!(answer.header("content-type"), Some("image/jpeg"));
        assert_eq!(answer.header("cache-control"), Some("public, max-age=31536000, immutable"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        let tag = answer.header("etag").unwrap().to_owned();
        shop.service.get(&format!("{}{query}", added.url)).header("if-none-match", &tag).await.expect(304);
    }
    shop.service.get(&format!("{}?size=201", added.url)).await.problem(422, "validation");
    assert_eq!(shop.service.published::<ProductUpdated>().await[0].updated_fields, ["images"]);
}

#[tokio::test]
async fn a_size_larger_than_the_picture_is_the_picture() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    let added: Image = upload(&shop, &made, &png(300, 300)).await.expect(201).json();
    let answer = shop.service.get(&format!("{}?size=1200", added.url)).await.expect(200);
    assert_eq!(width(&answer), 300);
}

#[tokio::test]
async fn what_is_no_picture_is_refused_and_leaves_nothing() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    for bytes in
        [&b"hello"[..], b"", b"<html><script>alert(1)</script></html>", b"<svg onload=alert(1)></svg>"]
    {
        upload(&shop, &made, bytes).await.problem(415, "unsupported-media-type");
    }
    upload(&shop, &made, &vec![0; 11 * 1024 * 1024]).await.problem(413, "too-large");
    let path = format!("/api/products/{}/images", made.id);
    let empty = form(&[("alt", None, b"x")]);
    shop.post(&path).raw("multipart/form-data; boundary=XX", empty).await.problem(422, "validation");
    shop.post(&path).raw("multipart/form-data; boundary=XX", "garbage").await.problem(400, "malformed");
    shop.post(&path).raw("multipart/form-data", "x").await.problem(400, "malformed");
    shop.post(&path).raw("image/png", png(1, 1)).await.problem(415, "unsupported-media-type");
    assert!(shop.read(made.id).await.images.is_empty());
    let folder = shop.files().join("images");
    assert!(!folder.exists(), "no file stays behind");
}

#[tokio::test]
async fn a_drawing_is_served_so_that_no_browser_runs_it() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    let svg = br#"<svg xmlns="http://www.w3.org/2000/svg"><rect width="9" height="9"/></svg>"#;
    let added: Image = upload(&shop, &made, svg).await.expect(201).json();
    assert!(added.sizes.is_empty());
    let answer = shop.service.get(&added.url).await.expect(200);
    assert_eq!(answer.header("content-type"), Some("image/svg+xml"));
    assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
    assert!(answer.header("content-security-policy").unwrap().contains("sandbox"));
    assert_eq!(answer.body.as_ref(), svg);
}

#[tokio::test]
async fn pictures_elsewhere_are_named_and_not_fetched() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    let path = format!("/api/products/{}/images", made.id);
    let first: Image = shop
        .post(&path)
        .json(&json!({"url": "https://cdn.example/a.jpg", "alt": "A"}))
        .await
        .expect(201)
        .json();
    let second: Image = shop
        .post(&path)
        .json(&json!({"url": "https://cdn.example/b.jpg", "position": 0}))
        .await
        .expect(201)
        .json();
    let seen: Vec<_> =
        shop.read(made.id).await.images.into_iter().map(|image| (image.id, image.position)).collect();
    assert_eq!(seen, [(second.id, 0), (first.id, 1)]);
    for url in [
        "http://x.example/a",
        "javascript:alert(1)",
        "https://",
        "https:///a",
        "https://x example/",
        "data:image/png;base64,x",
        "https://x/\"onerror=\"",
    ] {
        shop.post(&path).json(&json!({"url": url})).await.problem(422, "validation");
    }
    shop.service.get(&format!("{path}/{}", first.id)).await.problem(404, "not-found");
}

#[tokio::test]
async fn a_removed_picture_is_gone_with_its_files() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    let added: Image = upload(&shop, &made, &png(700, 700)).await.expect(201).json();
    shop.delete(&added.url).await.expect(204);
    shop.service.get(&added.url).await.problem(404, "not-found");
    shop.delete(&added.url).await.problem(404, "not-found");
    let left: Vec<_> = walk(&shop.files().join("images"));
    assert!(left.is_empty(), "{left:?}");
    let other = shop.simple("Other", 1).await;
    let kept: Image = upload(&shop, &made, &png(5, 5)).await.expect(201).json();
    shop.delete(&format!("/api/products/{}/images/{}", other.id, kept.id)).await.problem(404, "not-found");
    shop.service
        .get(&format!("/api/products/{}/images/{}", other.id, kept.id))
        .await
        .problem(404, "not-found");
}

fn walk(folder: &std::path::Path) -> Vec<std::path::PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let paths = entries.map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { walk(&path) } else { vec![path] }).collect()
}

#[tokio::test]
async fn a_product_has_at_most_fifty_pictures() {
    let shop = Shop::open().await;
    let made = shop.simple("Boots", 100).await;
    let path = format!("/api/products/{}/images", made.id);
    for n in 0..50 {
        shop.post(&path).json(&json!({"url": format!("https://cdn.example/{n}.jpg")})).await.expect(201);
    }
    shop.post(&path).json(&json!({"url": "https://cdn.example/x.jpg"})).await.problem(409, "limit-reached");
}
