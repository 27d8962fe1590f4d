//! Signatures of webhooks in Stripe's form: `t=<seconds>,v1=<hex HMAC-SHA-256 of "t.body">`.

use base::Timestamp;
use base::keys::hex;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;
use std::time::Duration;
use subtle::ConstantTimeEq as _;

/// How old a signature may be, and how far its clock may be ahead of ours.
pub(crate) const TOLERANCE: Duration = Duration::from_mins(5);

/// The signature of `body` at `at`.
pub(crate) fn sign(secret: &str, at: Timestamp, body: &[u8]) -> String {
    format!("t={},v1={}", at.seconds(), hex(&mac(secret, &at.seconds().to_string(), body)))
}

/// Whether `header` signs exactly these bytes, lately, with one of `secrets` (two are valid while
/// one is being replaced).
pub(crate) fn verify(secrets: &[String], now: Timestamp, header: &str, body: &[u8]) -> bool {
    let fields: Vec<(&str, &str)> =
        header.split(',').filter_map(|field| field.trim().split_once('=')).collect();
    let mut times = fields.iter().filter(|(name, _)| *name == "t").map(|(_, value)| *value);
    let (Some(time), None) = (times.next(), times.next()) else { return false };
    let Ok(seconds) = time.parse::<i64>() else { return false };
    let recent = now.seconds().abs_diff(seconds) <= TOLERANCE.as_secs();
    let signatures = || fields.iter().filter(|(name, _)| *name == "v1").map(|(_, value)| *value).take(8);
    let fits = |secret: &String| {
        let expected = hex(&mac(secret, time, body));
        signatures().any(|given| bool::from(given.as_bytes().ct_eq(expected.as_bytes())))
    };
    recent && secrets.iter().filter(|secret| !secret.is_empty()).any(fits)
}

fn mac(secret: &str, time: &str, body: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &[u8] = br#"{"id":"evt_1"}"#;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_micros(seconds * 1_000_000)
    }

    fn secrets(list: &[&str]) -> Vec<String> {
        list.iter().map(|secret| (*secret).to_owned()).collect()
    }

    #[test]
    fn the_scheme_is_the_one_stripe_documents() {
        // Computed with OpenSSL: printf '1614556800.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
        let header = sign("whsec_test", at(1_614_556_800), BODY);
        assert_eq!(header, format!("t=1614556800,v1={EXPECTED}"));
    }

    const EXPECTED: &str = "e326b9127f526dab808bd39e79a44ab61b0dc0517386b06a7abf563ce203409b";

    #[test]
    fn only_a_recent_signature_of_these_bytes_by_a_known_secret_counts() {
        let now = at(1_700_000_000);
        let good = sign("new", now, BODY);
        assert!(verify(&secrets(&["old", "new"]), now, &good, BODY));
        assert!(verify(&secrets(&["new"]), now, &format!("{good},v1=00,v0=ff"), BODY));
        let both = format!("{},v1={}", sign("old", now, BODY), good.split("v1=").nth(1).unwrap());
        assert!(verify(&secrets(&["new"]), now, &both, BODY), "any v1 may match while secrets rotate");
        assert!(!verify(&secrets(&["other"]), now, &good, BODY));
        assert!(!verify(&secrets(&[""]), now, &sign("", now, BODY), BODY), "an empty secret is none");
        assert!(!verify(&[], now, &good, BODY));
        assert!(!verify(&secrets(&["new"]), now, &good, br#"{"id":"evt_2"}"#));
        assert!(!verify(&secrets(&["new"]), now + Duration::from_secs(301), &good, BODY));
        assert!(!verify(&secrets(&["new"]), now - Duration::from_secs(301), &good, BODY));
        assert!(verify(&secrets(&["new"]), now + Duration::from_secs(300), &good, BODY));
    }

    #[test]
    fn odd_headers_are_refused_not_crashed_on() {
        let now = at(1_700_000_000);
        let good = sign("s", now, BODY);
        let (time, signature) = good.split_once(',').unwrap();
        for header in [
            "",
            "t=",
            "v1=",
            signature,
            time,
            &format!("{time},{time},{signature}"),
            &format!("t=99999999999999999999,{signature}"),
            &format!("t=-1,{signature}"),
            &format!("{time},{}", signature.to_uppercase()),
            "☃=☃,t=☃,v1=☃",
            &",".repeat(10_000),
        ] {
            assert!(!verify(&secrets(&["s"]), now, header, BODY), "{header:.60}");
        }
    }
}
