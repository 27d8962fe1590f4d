//! The simulator's pages as HTML. They work without JavaScript, and nothing on them runs: the
//! content policy forbids scripts, foreign content and frames.

use super::cards::METHODS;
use super::objects::{Intent, Session};
use api::payment::return_link as link;
use base::keys::{hex, random_bytes};
use std::fmt::Write as _;

/// A page with the headers that belong to it.
pub(crate) struct Page {
    pub(crate) html: String,
    /// `Content-Security-Policy`.
    pub(crate) policy: String,
}

const STYLE: &str = "
body { font: 16px/1.5 system-ui, sans-serif; margin: 0; color: #1a1a1a; background: #f4f4f6 }
.banner { background: #7a4a00; color: #fff; padding: .6rem 1rem; text-align: center; font-weight: 600 }
main { max-width: 34rem; margin: 2rem auto; padding: 1.5rem; background: #fff; border: 1px solid #d5d5dc; border-radius: .5rem }
h1 { font-size: 1.3rem; margin: 0 0 .2rem }
.amount { font-size: 1.8rem; margin: .2rem 0 1rem }
.error { border-left: 4px solid #b00020; padding: .4rem .8rem; background: #fdecee }
label { display: block; font-weight: 600 }
input { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem; margin: .3rem 0 1rem; border: 1px solid #767680; border-radius: .3rem }
button { font: inherit; padding: .6rem 1.2rem; border-radius: .3rem; border: 1px solid #1a4fa3; background: #1a4fa3; color: #fff; cursor: pointer }
button.quiet { background: #fff; color: #1a4fa3 }
form { display: inline-block; margin-right: .5rem }
form.wide { display: block; margin: 0 0 .8rem }
table { border-collapse: collapse; margin-top: 1rem; width: 100%; font-size: .9rem }
td { border-top: 1px solid #e2e2e8; padding: .25rem .4rem } code { white-space: nowrap }";

/// The page on which a customer pays; `error` says why the last try failed.
pub(crate) fn checkout(intent: &Intent, session: &Session, error: Option<&str>) -> Page {
    let mut body = String::new();
    let _infallible = write!(
        body,
        "<h1>{}</h1><p class=\"amount\">{}</p>{}
        <form class=\"wide\" method=\"post\"><label for=\"card\">Test card number or method</label>
        <input id=\"card\" name=\"card\" value=\"4242 4242 4242 4242\" autocomplete=\"off\" maxlength=\"80\" required>
        <button name=\"action\" value=\"pay\">Pay {}</button></form>
        <form method=\"post\"><button class=\"quiet\" name=\"action\" value=\"cancel\">Cancel and go back</button></form>{}",
        escape(&intent.description),
        escape(&intent.amount.to_string()),
        error_text(error),
        escape(&intent.amount.to_string()),
        table(),
    );
    page("Pay", &body, &[&session.success_url, &session.cancel_url])
}

/// The bank's page of a 3-D Secure check.
pub(crate) fn authenticate(intent: &Intent) -> Page {
    let body = format!(
        "<h1>Your bank asks: is this you?</h1><p>{}</p><p class=\"amount\">{}</p>
        <form method=\"post\"><button name=\"action\" value=\"approve\">Yes, approve</button></form>
        <form method=\"post\"><button class=\"quiet\" name=\"action\" value=\"refuse\">No, refuse</button></form>",
        escape(&intent.description),
        escape(&intent.amount.to_string()),
    );
    let back = intent.return_url.as_deref().unwrap_or_default();
    let session = intent.session.as_ref().map_or("", |session| &session.cancel_url);
    page("3-D Secure", &body, &[back, session])
}

/// A page on which nothing can be done any more, with the way back to the shop.
pub(crate) fn closed(text: &str, back: &str) -> Page {
    let body = format!("<h1>{}</h1><p><a href=\"{}\">Back to the shop</a></p>", escape(text), escape(back));
    page("Payment", &body, &[])
}

fn error_text(error: Option<&str>) -> String {
    error.map(|text| format!("<p class=\"error\" role=\"alert\">{}</p>", escape(text))).unwrap_or_default()
}

fn table() -> String {
    let mut rows = String::from("<table><caption>What the simulator knows</caption>");
    for method in METHODS {
        let typed = method.number.unwrap_or(method.id);
        let _infallible =
            write!(rows, "<tr><td><code>{}</code></td><td>{}</td></tr>", escape(typed), escape(method.about));
    }
    rows + "</table>"
}

fn page(title: &str, body: &str, forms_lead_to: &[&str]) -> Page {
    let nonce = hex(&random_bytes::<16>());
    // Browsers check where a form leads even after a redirect, so the shop's own origins must be
    // named. They were compared with the allow-list when the page was ordered.
    let targets: String = forms_lead_to
        .iter()
        .map(|url| link::origin(url))
        .filter(|origin| !origin.contains([';', ',', '\'', ' ']))
        .fold(String::new(), |list, origin| list + " " + origin);
    let policy = format!(
        "default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'{targets}; base-uri 'none'; frame-ancestors 'none'"
    );
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">
<meta name=\"robots\" content=\"noindex\"><title>{}: payment simulator</title><style nonce=\"{nonce}\">{STYLE}</style></head>
<body><p class=\"banner\">Payment simulator: no real money moves here. Never type the number of a real card.</p>
<main>{body}</main></body></html>",
        escape(title),
    );
    Page { html, policy }
}

/// Text as HTML, safe between tags and in quoted attributes.
fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut html, c| {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            c => html.push(c),
        }
        html
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(escape("<script>\"'&"), "&lt;script&gt;&quot;&#39;&amp;");
        let page = closed("</main><script>alert(1)</script>", "https://shop.example/?a=\"><script>");
        assert!(!page.html.contains("<script"), "{}", page.html);
    }

    #[test]
    fn the_policy_forbids_scripts_and_cannot_be_widened_by_an_address() {
        let page = page("x", "", &["https://shop.example/a", "https://evil.example; script-src *"]);
        assert!(
            page.policy.contains("default-src 'none'")
                && page.policy.contains("form-action 'self' https://shop.example;")
        );
        assert!(!page.policy.contains("script-src") && !page.policy.contains("evil"), "{}", page.policy);
    }
}
