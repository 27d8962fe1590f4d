//! What a server's answer means for the mail.

use super::Failure;
use crate::domain::mail::Outcome;
use lettre::transport::smtp;
use std::error::Error as _;

/// How far an attempt had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Connecting, greeting, encryption, sign-in.
    Connect,
    /// `MAIL FROM`.
    Sender,
    /// `RCPT TO`.
    Recipient,
    /// `DATA`.
    Data,
    /// The mail itself was handed over.
    Content,
}

/// The outcome of an attempt that failed at `stage`.
pub(super) fn judge(stage: Stage, failure: &Failure) -> Outcome {
    let error = match failure {
        Failure::NoUtf8 => return Outcome::Rejected { code: "smtp-no-utf8".into(), bad_address: false },
        Failure::Closed => return Outcome::Retry { code: "smtp-closed".into() },
        Failure::Smtp(error) => error,
    };
    let Some(status) = error.status().map(u16::from) else {
        let code = if stage == Stage::Connect { "smtp-unreachable" } else { "smtp-broken-off" };
        // Nobody knows whether the server took what it was given before it fell silent.
        return if stage == Stage::Content {
            Outcome::Unknown { code: code.into() }
        } else {
            Outcome::Retry { code: code.into() }
        };
    };
    let code = format!("smtp-{status}");
    // What the server says about us concerns the settings, and may be put right in time.
    if status < 500 || matches!(stage, Stage::Connect | Stage::Sender) {
        return Outcome::Retry { code };
    }
    Outcome::Rejected { code, bad_address: is_bad_address(stage, status, &enhanced(error)) }
}

/// Whether a refusal means that the address does not exist (RFC 5321 §4.2, RFC 3463 §3.2): a
/// refused policy, a full mailbox or a refused content says nothing about the address.
fn is_bad_address(stage: Stage, status: u16, enhanced: &str) -> bool {
    let says_so = enhanced.starts_with("5.1.") || enhanced == "5.2.1";
    let plain = enhanced.is_empty() && stage == Stage::Recipient;
    matches!(status, 550 | 551 | 553) && (says_so || plain)
}

/// The enhanced status code (RFC 3463) at the beginning of the answer's text, or nothing.
fn enhanced(error: &smtp::Error) -> String {
    let text = error.source().map(ToString::to_string).unwrap_or_default();
    let word = text.split_whitespace().next().unwrap_or_default();
    let parts: Vec<&str> = word.split('.').collect();
    let digits =
        |part: &&str| (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit());
    if parts.len() == 3 && parts.iter().all(digits) { word.to_owned() } else { String::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_address_that_does_not_exist_is_never_tried_again() {
        assert!(is_bad_address(Stage::Recipient, 550, ""));
        assert!(is_bad_address(Stage::Recipient, 550, "5.1.1"));
        assert!(is_bad_address(Stage::Content, 550, "5.1.10"));
        assert!(is_bad_address(Stage::Recipient, 553, "5.1.3"));
        assert!(is_bad_address(Stage::Recipient, 550, "5.2.1"));
        assert!(!is_bad_address(Stage::Content, 550, ""), "the content may be what is refused");
        assert!(!is_bad_address(Stage::Recipient, 550, "5.7.1"), "a policy");
        assert!(!is_bad_address(Stage::Recipient, 552, "5.2.2"), "a full mailbox");
        assert!(!is_bad_address(Stage::Recipient, 554, ""));
    }
}
