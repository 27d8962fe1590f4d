//! A mail as the bytes that travel: headers, text part, HTML part (RFC 5322, RFC 2046).

use crate::domain::address::{MAX_NAME, MAX_SUBJECT, one_line};
use crate::domain::mail::{Mail, Party};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};
use std::time::{Duration, UNIX_EPOCH};

/// A mail that cannot be written: the name of what is wrong.
#[derive(Debug, thiserror::Error)]
#[error("the {0} of a mail cannot be written")]
pub(crate) struct MimeError(pub(crate) &'static str);

/// Writes the mail.
pub(super) fn write(mail: &Mail) -> Result<Message, MimeError> {
    let micros = u64::try_from(mail.at.micros()).unwrap_or_default();
    // lettre panics at line breaks in names and drops recipients at NUL: nothing unclean gets there.
    let builder = Message::builder()
        .message_id(Some(mail.message_id.clone()))
        .date(UNIX_EPOCH + Duration::from_micros(micros))
        .from(mailbox(&mail.from).ok_or(MimeError("sender"))?)
        .to(mailbox(&mail.to).ok_or(MimeError("recipient"))?)
        .subject(one_line(&mail.subject, MAX_SUBJECT))
        .raw_header(fixed("Auto-Submitted", "auto-generated"))
        .raw_header(fixed("X-Auto-Response-Suppress", "All"));
    let parts = MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone());
    builder.multipart(parts).map_err(|_| MimeError("envelope"))
}

fn mailbox(party: &Party) -> Option<Mailbox> {
    let address: Address = party.address.parse().ok()?;
    let name = party.name.as_deref().map(|name| one_line(name, MAX_NAME)).filter(|name| !name.is_empty());
    Some(Mailbox::new(name, address))
}

fn fixed(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use api::ids::NotificationId;
    use base::Timestamp;
    use proptest::prelude::*;

    fn mail(name: &str, subject: &str) -> Mail {
        let from = Party { name: Some("Émporion, the shop".into()), address: "shop@example.org".into() };
        Mail {
            id: NotificationId::new(),
            message_id: "<1@example.org>".into(),
            template: "message".into(),
            from,
            to: Party { name: Some(name.into()), address: "ada@example.org".into() },
            subject: subject.into(),
            html: "<p>Größe</p>".into(),
            text: format!("Größe\n.\nFrom me\n{}", "x".repeat(2000)),
            at: Timestamp::from_micros(1_772_442_000_000_000),
        }
    }

    fn written(name: &str, subject: &str) -> String {
        String::from_utf8(write(&mail(name, subject)).unwrap().formatted()).unwrap()
    }

    /// The names of the headers before the body.
    fn headers(text: &str) -> Vec<String> {
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        let starts = head.split("\r\n").filter(|line| !line.starts_with([' ', '\t']));
        starts.map(|line| line.split(':').next().unwrap().to_owned()).collect()
    }

    #[test]
    fn no_name_or_subject_adds_a_header_or_a_recipient() {
        let plain = headers(&written("Ada", "Hello"));
        for evil in [
            "Ada\r\nBcc: victim@example.org",
            "Ada\nBcc: victim@example.org\n\nbody",
            "Ada\0",
            "\"Ada\" <victim@example.org>, ",
            "Ada\u{2028}Bcc: x",
            "=?utf-8?q?Ada=0D=0ABcc:_victim@example.org?=",
            &"א".repeat(5000),
            "\u{202e}gro.elpmaxe@ada",
            "",
            "\r\n",
        ] {
            let text = written(evil, evil);
            assert_eq!(headers(&text), plain, "{evil:?}");
            let envelope = write(&mail(evil, evil)).unwrap();
            assert_eq!(envelope.envelope().to().len(), 1);
            assert!(text.lines().all(|line| line.len() <= 998), "{evil:?}");
        }
    }

    #[test]
    fn every_line_is_short_ascii_and_the_ids_are_there() {
        let text = written("محمد", "Größe 😀");
        assert!(text.is_ascii());
        assert!(text.contains("Message-ID: <1@example.org>\r\n"), "{text}");
        assert!(text.contains("Date: Mon, 02 Mar 2026 09:00:00 +0000\r\n"), "{text}");
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"));
    }

    #[test]
    fn an_address_that_is_none_is_an_error() {
        for bad in
            ["", "ada", "ada@example.org\r\nRCPT TO:<victim@example.org>", "a b@example.org", "<a@b.c>"]
        {
            let mut mail = mail("Ada", "Hello");
            mail.to.address = bad.into();
            assert!(write(&mail).is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn whatever_a_name_and_a_subject_hold_the_headers_stay_the_same(name in any::<String>(), subject in any::<String>()) {
            let text = written(&name, &subject);
            prop_assert_eq!(headers(&text), headers(&written("Ada", "Hello")));
            prop_assert!(text.is_ascii());
        }
    }
}
