//! Functions have at most 100 lines.

use crate::tree::{none, rust};
use proc_macro2::Span;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

const MAX_LINES: usize = 100;

struct Long {
    path: String,
    found: Vec<String>,
}

impl Long {
    fn measure(&mut self, name: &syn::Ident, body: Span) {
        let lines = body.end().line.saturating_sub(body.start().line) + 1;
        if lines > MAX_LINES {
            self.found.push(format!("{}: {name} has {lines} lines", self.path));
        }
    }
}

impl<'ast> Visit<'ast> for Long {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.measure(&item.sig.ident, item.block.span());
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.measure(&item.sig.ident, item.block.span());
        visit::visit_impl_item_fn(self, item);
    }
}

#[test]
fn functions_have_at_most_100_lines() {
    let mut found = Vec::new();
    for source in rust() {
        let file = syn::parse_file(&source.text).unwrap_or_else(|error| panic!("{}: {error}", source.path));
        let mut long = Long { path: source.path, found: Vec::new() };
        long.visit_file(&file);
        found.append(&mut long.found);
    }
    none("a function has at most 100 lines", found);
}
