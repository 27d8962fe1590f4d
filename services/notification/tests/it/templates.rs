//! `/api/admin/templates`.

use crate::stories::{HOME, MARKETING, Post, SUPPORT};
use api::notification::{RenderedMail, Template, TemplateDetail};
use base::page::Page;
use serde_json::json;

#[tokio::test]
async fn every_template_can_be_read_and_previewed_in_both_languages() {
    let post = Post::open().await;
    let list: Page<Template> = post.get("/api/admin/templates").as_staff(MARKETING).await.expect(200).json();
    assert_eq!(list.items.len(), 13);
    for template in list.items {
        assert_eq!(template.locales, ["en", "de"]);
        let path = format!("/api/admin/templates/{}", template.id);
        let detail: TemplateDetail = post.get(&path).as_staff(MARKETING).await.expect(200).json();
        assert_eq!(detail.template, template);
        assert!(detail.texts["de"].mjml.contains("<mj-section"));
        for locale in ["en", "de-CH"] {
            let request =
                post.post(&format!("{path}/preview")).as_staff(MARKETING).json(&json!({ "locale": locale }));
            let mail: RenderedMail = request.await.expect(200).json();
            assert!(mail.html.contains("Emporion") && mail.text.contains(HOME), "{}", template.id);
        }
    }
}

#[tokio::test]
async fn a_preview_shows_what_was_given_and_names_what_is_missing() {
    let post = Post::open().await;
    let preview = |body| post.post("/api/admin/templates/message/preview").as_staff(MARKETING).json(&body);
    let context = json!({ "heading": "<b>{{7*7}}</b>", "body": "Größe <script>alert(1)</script>" });
    let mail: RenderedMail = preview(json!({ "context": context })).await.expect(200).json();
    assert_eq!(mail.subject, "<b>{{7*7}}</b>");
    assert!(!mail.html.contains("<script>") && !mail.html.contains("<b>"), "{}", mail.html);
    let problem = preview(json!({ "context": { "body": "x" } })).await.problem(422, "template-context");
    assert_eq!(problem.extra["missing"], json!(["heading"]));
    let wrong = json!({ "context": { "heading": { "a": 1 }, "body": [1, 2] } });
    let status = preview(wrong).await.status.as_u16();
    assert!(matches!(status, 200 | 422), "{status}");
    assert_eq!(post.mails("x@example.org").await, []);
}

#[tokio::test]
async fn templates_are_for_those_who_write_them() {
    let post = Post::open().await;
    post.get("/api/admin/templates").as_staff(SUPPORT).await.problem(403, "forbidden");
    post.get("/api/admin/templates").await.problem(401, "unauthenticated");
    post.get("/api/admin/templates/none").as_staff(MARKETING).await.problem(404, "template-not-found");
    let body = json!({});
    post.post("/api/admin/templates/none/preview")
        .as_staff(MARKETING)
        .json(&body)
        .await
        .problem(404, "template-not-found");
}
