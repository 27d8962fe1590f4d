//! Bad input over the network: a problem document that names the field, nothing changed, never a 500.

use crate::client::Shopper;
use crate::shop::{Shop, catalogue};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Bodies that no operation can accept.
fn hostile_bodies() -> Vec<Vec<u8>> {
    let mut bodies: Vec<Vec<u8>> = [
        "",
        "{",
        "[]",
        "null",
        "\"x\"",
        "{\"a\":1,\"a\":2}",
        "{\"productId\":null}",
        "{\"unknownField\":1}",
        "{\"quantity\":1e999}",
        "{\"quantity\":99999999999999999999999}",
        "{\"quantity\":-1}",
        "{\"quantity\":0.5}",
        "{\"email\":\"a\\u0000b@example.org\",\"password\":\"x\"}",
        "{\"name\":\"\\u0007\"}",
        "{\"amount\":{\"amount\":1,\"currency\":\"XXZ\"}}",
        "\u{feff}{}",
        "{\"email\":\"\\ud800\"}",
    ]
    .map(|text| text.as_bytes().to_vec())
    .to_vec();
    bodies.push(vec![0xff, 0xfe, 0x00]);
    bodies.push("[".repeat(100_000).into_bytes());
    bodies.push(format!("{{\"name\":\"{}\"}}", "x".repeat(300)).into_bytes());
    bodies
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_bodies_are_answered_with_problems_everywhere() {
    let shop = Shop::with_catalogue(&catalogue("home.shopify.csv")).await;
    let bearer = format!("Bearer {}", shop.administrator().await);
    let document = shop.client.get("/api/openapi.json", &[]).await.expect(200);
    let id = base::Id::<()>::new().to_string();
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().expect("paths") {
        for method in ["post", "put", "patch"] {
            if item.get(method).is_none() {
                continue;
            }
            let path = fill(path, &id);
            let method: Method = method.to_uppercase().parse().unwrap();
            let kind =
                if method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
            for body in hostile_bodies() {
                let answer = send(&shop, &method, &path, kind, &bearer, body.clone()).await;
                asked += 1;
                assert!(
                    (400..500).contains(&answer.0)
                        || answer.0 == 202
                        || answer.0 == 204
                        || (answer.0 < 300 && harmless(&body)),
                    "{method} {path} {} -> {} {}",
                    String::from_utf8_lossy(&body).chars().take(80).collect::<String>(),
                    answer.0,
                    answer.1
                );
            }
        }
    }
    assert!(asked > 500, "{asked} requests were sent");
    assert_eq!(shop.client.get("/api/status", &[]).await.expect(200)["status"], "UP");
    shop.must_be_consistent().await;
}

/// An empty body may be all an operation wants.
fn harmless(body: &[u8]) -> bool {
    body.is_empty() || body == b"null"
}

fn fill(path: &str, id: &str) -> String {
    let mut filled = String::new();
    let mut rest = path;
    while let Some((before, after)) = rest.split_once('{') {
        let (_, after) = after.split_once('}').expect("a closed parameter");
        filled.push_str(before);
        filled.push_str(id);
        rest = after;
    }
    filled + rest
}

async fn send(
    shop: &Shop,
    method: &Method,
    path: &str,
    kind: &str,
    bearer: &str,
    body: Vec<u8>,
) -> (u16, String) {
    let http = reqwest::Client::new();
    let url = format!("{}{path}", shop.client.base());
    let request = http
        .request(method.clone(), url)
        .header("authorization", bearer)
        .header("content-type", kind)
        .body(body);
    let response = request.send().await.expect("the shop answers");
    (response.status().as_u16(), response.text().await.unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn quantities_are_from_one_to_ninety_nine_and_ids_are_ids() {
    let shop = Shop::with_catalogue(&catalogue("home.shopify.csv")).await;
    let guest = Shopper::guest(&shop.client).await;
    let product = shop.client.product("automatic-espresso-machine").await;
    for quantity in [json!(0), json!(-1), json!(100), json!(1.5), json!("1"), json!(1e30), Value::Null] {
        let body = json!({ "productId": product["id"], "variantId": product["variants"][0]["id"], "quantity": quantity });
        let answer = shop.client.post("/api/cart/items", &guest.headers(), &body).await;
        assert_eq!(answer.status.as_u16(), 422, "{quantity}: {}", answer.text);
        assert_eq!(answer.json()["errors"][0]["pointer"], "/quantity", "{}", answer.text);
    }
    let cart = shop.client.get("/api/cart", &guest.headers()).await.expect(200);
    assert_eq!(cart["itemCount"], 0);
    let strange =
        ["x", "00000000-0000-0000-0000-000000000000", "%00", "..%2f", "ORD-0000000000", "' OR 1=1 --"];
    for id in strange {
        let status =
            shop.client.get(&format!("/api/products/{}", id.replace(' ', "%20")), &[]).await.status.as_u16();
        assert!(matches!(status, 400 | 404), "{id}: {status}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_header_and_a_broken_request_line_end_the_connection() {
    let shop = Shop::start().await;
    let address = shop.client.base().trim_start_matches("http://").to_owned();
    let mut broken = TcpStream::connect(&address).await.unwrap();
    broken
        .write_all(b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    broken.read_to_end(&mut answer).await.unwrap();
    assert!(
        String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 400"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    let mut large = TcpStream::connect(&address).await.unwrap();
    let head = format!("GET /api/products HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\n\r\n", "x".repeat(40_000));
    large.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    large.read_to_end(&mut answer).await.unwrap();
    assert!(
        String::from_utf8_lossy(&answer).starts_with("HTTP/1.1 431"),
        "{}",
        String::from_utf8_lossy(&answer)
    );
    let mut slow = TcpStream::connect(&address).await.unwrap();
    slow.write_all(b"GET /api/products HTTP/1.1\r\nHost: x\r\n").await.unwrap();
    let mut answer = Vec::new();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(20), slow.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "a connection that never ends its headers is closed");
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_that_send_slowly_keep_nobody_waiting() {
    let shop = Shop::start().await;
    let address: std::net::SocketAddr = shop.client.base().trim_start_matches("http://").parse().unwrap();
    let mut slow = Vec::new();
    for index in 0..300 {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind(format!("127.0.0.{}:0", 2 + index / 150).parse().unwrap()).unwrap();
        let mut connection = socket.connect(address).await.unwrap();
        let head = "POST /api/payments/webhooks/simulator HTTP/1.1\r\nHost: x\r\n\
            Content-Type: application/json\r\nContent-Length: 45\r\n\r\n{";
        connection.write_all(head.as_bytes()).await.unwrap();
        slow.push(connection);
    }
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    let path = format!("/api/payments/{}", base::Id::<()>::new());
    let answer = tokio::time::timeout(std::time::Duration::from_secs(3), shop.client.get(&path, &[])).await;
    assert!(matches!(answer.expect("others are served meanwhile").status.as_u16(), 401 | 404));
}
