//! Where a payment page may send people afterwards: never anywhere the shop does not know.

/// Longest link accepted, in bytes.
const MAX_LENGTH: usize = 2000;

/// Whether `url` lies on one of `origins` (`https://shop.example`, without a slash at the end).
///
/// The comparison is of text, before any parser gets a say: an allowed origin followed by the
/// end, `/`, `?` or `#`. Browsers read `\` as `/` and skip tabs and line ends, so a link with
/// these or any other odd character is refused.
pub fn is_allowed(url: &str, origins: &[String]) -> bool {
    let plain = url.len() <= MAX_LENGTH && url.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    let same_origin = |origin: &String| {
        !origin.is_empty()
            && url
                .strip_prefix(origin.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
    };
    plain && origins.iter().any(same_origin)
}

/// The origin of an absolute link that [`is_allowed`] accepted.
pub fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    let end = url[host..].find(['/', '?', '#']).map_or(url.len(), |at| host + at);
    &url[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_shops_own_origins_are_allowed() {
        let origins = ["https://shop.example".to_owned(), "http://127.0.0.1:8080".to_owned()];
        for good in [
            "https://shop.example",
            "https://shop.example/orders/1?x=https://evil.example",
            "http://127.0.0.1:8080/done#top",
        ] {
            assert!(is_allowed(good, &origins), "{good}");
        }
        for bad in [
            "",
            "/orders/1",
            "//evil.example",
            "https://shop.example.evil.example/",
            "https://shop.example@evil.example/",
            "https://shop.example:8443/",
            "https://shop.example\\@evil.example/",
            "https://evil.example/https://shop.example/",
            "http://shop.example/",
            "javascript:alert(1)",
            "https://shop.example/\r\nSet-Cookie: a=b",
            "https://shop.example/\u{202e}",
            "\thttps://shop.example/",
            "HTTPS://SHOP.EXAMPLE/",
        ] {
            assert!(!is_allowed(bad, &origins), "{bad:?}");
        }
        assert!(!is_allowed(&format!("https://shop.example/{}", "a".repeat(3000)), &origins));
        assert!(!is_allowed("https://shop.example/", &[String::new()]));
    }

    #[test]
    fn the_origin_ends_where_the_path_begins() {
        assert_eq!(origin("https://shop.example/a/b"), "https://shop.example");
        assert_eq!(origin("http://127.0.0.1:8080?x"), "http://127.0.0.1:8080");
        assert_eq!(origin("https://shop.example"), "https://shop.example");
    }
}
