//! Path policy (security.md §3): a path that two parsers could read differently is refused,
//! never rewritten.

/// Longest path and query in bytes.
const MAX_URI_BYTES: usize = 8 * 1024;

/// Says why `path` (as it came, still encoded) is refused.
pub(crate) fn check_path(path: &str, query: Option<&str>) -> Result<(), &'static str> {
    if path.len() + query.map_or(0, str::len) > MAX_URI_BYTES {
        return Err("the address is too long");
    }
    if !path.starts_with('/') {
        return Err("the path must start with a slash");
    }
    let lower = path.to_ascii_lowercase();
    let encoded = ["%00", "%2f", "%5c", "%25", "%2e", "%3b"];
    if encoded.iter().any(|bad| lower.contains(bad)) {
        return Err("the path holds an encoded character that is not allowed");
    }
    if path.contains(['\\', ';']) || path.contains("//") {
        return Err("the path holds a character or an empty part that is not allowed");
    }
    if path.split('/').any(|part| part == "." || part == "..") {
        return Err("the path holds a dot part");
    }
    let decoded = percent_encoding::percent_decode_str(path).decode_utf8();
    let decoded = decoded.map_err(|_| "the path is not UTF-8")?;
    if decoded.chars().any(char::is_control) {
        return Err("the path holds a control character");
    }
    let broken = path.match_indices('%').any(|(at, _)| {
        let digits = path.as_bytes().get(at + 1..at + 3);
        !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
    });
    if broken { Err("the path holds a broken percent encoding") } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ordinary_paths_pass() {
        for path in
            ["/", "/api/products", "/api/products/caf%C3%A9", "/api/orders/ORD-1", "/.well-known/jwks.json"]
        {
            assert_eq!(check_path(path, None), Ok(()), "{path}");
        }
    }

    #[test]
    fn tricks_are_refused() {
        let tricks = [
            "/api/%2e%2e/internal",
            "/api/..",
            "/api/./x",
            "/api//x",
            "/api/x%00",
            "/api%2fproducts",
            "/api\\x",
            "/api/%252e",
            "/api/x;y=1",
            "/api/%5c",
            "/api/%ff",
            "/api/%zz",
            "/api/%2",
            "/api/%0d%0aX:1",
            "api",
            "/%7f",
        ];
        for path in tricks {
            assert!(check_path(path, None).is_err(), "{path}");
        }
        assert!(check_path("/a", Some(&"q".repeat(9000))).is_err());
    }

    proptest! {
        #[test]
        fn what_passes_has_no_dot_parts_after_decoding(path in "/[ -~]{0,60}") {
            if check_path(&path, None).is_ok() {
                let decoded = percent_encoding::percent_decode_str(&path).decode_utf8().unwrap().into_owned();
                prop_assert!(decoded.split('/').all(|part| part != ".." && part != "."));
                prop_assert!(!decoded.contains('\\'));
            }
        }
    }
}
