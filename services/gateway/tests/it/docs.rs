//! The API reference.

use crate::stub::gateway;

#[tokio::test]
async fn the_reference_makes_no_request_to_a_third_party() {
    let gateway = gateway().await;
    let page = gateway.get("/api/docs").await.expect(200);
    assert!(!page.text().contains("http"), "{}", page.text());
    assert!(page.header("content-security-policy").unwrap().contains("script-src 'self';"));
    for file in ["viewer.js", "viewer.css", "start.js"] {
        gateway.get(&format!("/api/docs/{file}")).await.expect(200);
    }
    gateway.get("/api/docs/other.js").await.problem(404, "not-found");
}

#[tokio::test]
async fn the_merged_document_says_who_may_call_what() {
    let gateway = gateway().await;
    let document = gateway.get("/api/openapi.json").await.expect(200).value();
    assert_eq!(document["openapi"], "3.1.0");
    assert_eq!(document["paths"]["/api/status"]["get"]["x-access"], "P");
    let refusal = &document["paths"]["/api/status"]["get"]["responses"]["429"]["$ref"];
    let there = refusal.as_str().unwrap().trim_start_matches('#');
    let content = &document.pointer(there).unwrap()["content"];
    assert_eq!(content["application/problem+json"]["schema"]["$ref"], "#/components/schemas/Problem");
    assert!(document["components"]["schemas"]["Problem"]["properties"]["code"].is_object());
}
