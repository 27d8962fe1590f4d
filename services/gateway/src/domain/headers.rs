//! Header hygiene (security.md §3): nothing from outside may look like something from inside.

/// Header names that never pass, by prefix.
const STRIPPED_PREFIXES: [&str; 15] = [
    "x-user-",
    "x-auth-",
    "x-authenticated-",
    "x-consumer-",
    "x-credential-",
    "x-internal-",
    "x-service-",
    "x-tenant",
    "x-forwarded-",
    "x-original-",
    "x-rewrite-",
    "x-http-method",
    "x-envoy-",
    "x-ssl-",
    "proxy-",
];

/// Header names that never pass: spoofable addresses and hop-by-hop fields (RFC 9110 §7.6.1).
const STRIPPED_NAMES: [&str; 14] = [
    "x-roles",
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "true-client-ip",
    "cf-connecting-ip",
    "proxy",
    "via",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "x-request-id",
];

/// Whether a name is refused outright: `_` and `.` read as `-` in other software.
pub(crate) fn header_is_refused(name: &str) -> bool {
    name.contains(['_', '.'])
}

/// Whether the header is dropped before a request goes on.
pub(crate) fn header_is_stripped(name: &str) -> bool {
    STRIPPED_NAMES.contains(&name) || STRIPPED_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identity_headers_never_pass() {
        for name in [
            "x-user-id",
            "x-service-token",
            "x-internal-on-behalf-of",
            "x-forwarded-for",
            "x-real-ip",
            "x-roles",
            "x-tenant-id",
            "x-http-method-override",
            "connection",
            "proxy-authorization",
        ] {
            assert!(header_is_stripped(name), "{name}");
        }
        for name in [
            "authorization",
            "x-cart-token",
            "idempotency-key",
            "if-match",
            "x-correlation-id",
            "traceparent",
            "accept-language",
        ] {
            assert!(!header_is_stripped(name), "{name}");
        }
        assert!(header_is_refused("x_user_id") && header_is_refused("x.user"));
    }
}
