//! The pages of the built-in mailbox. A mail is content of others: it is shown in a frame without
//! scripts, forms and origin, under a policy that loads nothing.

use api::notification::{MailboxMail, MailboxSummary};
use axum::response::{IntoResponse as _, Response};
use base::page::Page;
use http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use std::fmt::Write as _;

/// Nothing is loaded and nothing runs; the frame inherits it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:60rem;padding:1.5rem;color:#1f2430}\
    table{border-collapse:collapse;width:100%}th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #d7dce3}\
    a{color:#1f4b99}iframe{width:100%;height:44rem;border:1px solid #d7dce3;background:#fff}\
    pre{white-space:pre-wrap;background:#f1f3f6;padding:1rem}dt{font-weight:700}dd{margin:0 0 .4rem}";

/// The list of mails.
pub(super) fn list(mails: &Page<MailboxSummary>, to: Option<&str>) -> Response {
    let mut body = String::from(
        "<h1>Mailbox</h1><p>Mails this installation would have sent. Set an SMTP server to send them.</p>",
    );
    let _infallible = write!(
        body,
        "<form method=\"get\"><label>To <input name=\"to\" type=\"email\" value=\"{}\"></label> <button>Show</button></form>",
        escape(to.unwrap_or_default())
    );
    if mails.items.is_empty() {
        body.push_str("<p>There are no mails here yet.</p>");
    } else {
        body.push_str("<table><tr><th>Received</th><th>To</th><th>Subject</th></tr>");
        for mail in &mails.items {
            let _infallible = write!(
                body,
                "<tr><td>{}</td><td>{}</td><td><a href=\"/api/mailbox/{}\">{}</a></td></tr>",
                mail.received_at,
                escape(&mail.to),
                mail.id,
                escape(&mail.subject)
            );
        }
        body.push_str("</table>");
    }
    let to = to.map(|to| format!("&amp;to={}", in_query(to))).unwrap_or_default();
    for (cursor, words) in [(&mails.prev_cursor, "Newer mails"), (&mails.next_cursor, "Older mails")] {
        if let Some(cursor) = cursor {
            let _infallible = write!(body, "<p><a href=\"/api/mailbox?cursor={cursor}{to}\">{words}</a></p>");
        }
    }
    page("Mailbox", &body)
}

/// One mail with its parts.
pub(super) fn mail(mail: &MailboxMail) -> Response {
    let summary = &mail.summary;
    let body = format!(
        "<p><a href=\"/api/mailbox\">Mailbox</a></p><h1>{subject}</h1><dl><dt>From</dt><dd>{from}</dd><dt>To</dt>\
         <dd>{to}</dd><dt>Received</dt><dd>{received}</dd><dt>Message-ID</dt><dd>{message_id}</dd></dl>\
         <iframe title=\"HTML part\" sandbox=\"allow-popups allow-popups-to-escape-sandbox\" srcdoc=\"{html}\"></iframe>\
         <h2>Text part</h2><pre>{text}</pre><p><a href=\"/api/mailbox/{id}/source\">Source</a></p>",
        subject = escape(&summary.subject),
        from = escape(&mail.from),
        to = escape(&summary.to),
        received = summary.received_at,
        message_id = escape(&summary.message_id),
        html = escape(&mail.html),
        text = linked(&mail.text),
        id = summary.id,
    );
    page(&summary.subject, &body)
}

/// A mail as it would have travelled.
pub(super) fn source(source: String) -> Response {
    respond("text/plain; charset=utf-8", source)
}

fn page(title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><title>{}</title><style>{STYLE}</style></head><body>{body}</body></html>",
        escape(title)
    );
    respond("text/html; charset=utf-8", html)
}

fn respond(kind: &'static str, body: String) -> Response {
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static(kind)),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (HeaderName::from_static("referrer-policy"), HeaderValue::from_static("no-referrer")),
    ];
    (headers, body).into_response()
}

/// Text in HTML, also within attributes in double quotes.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// Text with those of its lines that are a web address as links.
fn linked(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 64);
    for line in text.lines() {
        let is_link = (line.starts_with("https://") || line.starts_with("http://")) && !line.contains(' ');
        let line = escape(line);
        let _infallible = if is_link {
            writeln!(out, "<a href=\"{line}\" target=\"_blank\" rel=\"noopener noreferrer\">{line}</a>")
        } else {
            writeln!(out, "{line}")
        };
    }
    out
}

fn in_query(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_mail_leaves_its_frame() {
        assert_eq!(escape("\"></iframe><script>'&"), "&quot;&gt;&lt;/iframe&gt;&lt;script&gt;&#39;&amp;");
        assert_eq!(
            linked("https://a.example/\"onclick=\"x"),
            "<a href=\"https://a.example/&quot;onclick=&quot;x\" target=\"_blank\" rel=\"noopener noreferrer\">https://a.example/&quot;onclick=&quot;x</a>\n"
        );
        assert_eq!(linked("javascript:alert(1)"), "javascript:alert(1)\n");
        assert_eq!(in_query("a+b@example.org"), "a%2Bb%40example%2Eorg");
    }
}
