//! Every setting is documented where its default stands.

use crate::tree::{none, root};

#[test]
fn every_setting_has_a_sentence() {
    let text = std::fs::read_to_string(root().join("config/default.toml")).expect("the defaults");
    let mut wrong = Vec::new();
    let mut before = "";
    for (number, line) in text.lines().enumerate() {
        let is_key = line.contains('=') && !line.starts_with(['#', ' ', '[', '"', '{', '}']);
        if is_key && !before.starts_with('#') {
            wrong.push(format!("config/default.toml:{}: {line}", number + 1));
        }
        before = line;
    }
    none("a comment above every setting", wrong);
}
