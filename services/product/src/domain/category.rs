//! The tree of categories.

use super::slug::{fold, is_slug, slug_of};
use crate::error::ProductError;
use api::ids::CategoryId;
use api::product::WriteCategory;
use base::{Check, Timestamp};
use serde_json::{Map, Value};
use std::collections::{HashMap, HashSet};

pub(crate) const MAX_CATEGORY_NAME: usize = 100;
/// How many levels the tree may have, the top one included.
pub(crate) const MAX_LEVELS: usize = 10;
/// How many categories there may be.
pub(crate) const MAX_COUNT: usize = 5_000;

/// A category.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Category {
    pub(crate) id: CategoryId,
    pub(crate) version: i64,
    pub(crate) slug: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) parent_id: Option<CategoryId>,
    pub(crate) metadata: Map<String, Value>,
    pub(crate) created_at: Timestamp,
    pub(crate) updated_at: Timestamp,
}

impl Category {
    /// The category `body` describes; `before` is the one it replaces.
    ///
    /// # Errors
    /// 422 `validation` with every wrong field.
    pub(crate) fn from_write(
        body: &WriteCategory,
        before: Option<&Category>,
        now: Timestamp,
    ) -> base::Result<Self> {
        let mut check = Check::new();
        check.text("/name", &body.name, 1..=MAX_CATEGORY_NAME);
        check.opt_multiline("/description", body.description.as_deref(), 1..=500);
        let bytes = serde_json::to_vec(&body.metadata).map_or(usize::MAX, |bytes| bytes.len());
        check.that(bytes <= 16 * 1024, "/metadata", "too-long", "at most 16 KiB as JSON");
        let id = before.map_or_else(CategoryId::new, |before| before.id);
        let made =
            || Some(slug_of(&body.name)).filter(|slug| !slug.is_empty()).unwrap_or_else(|| id.to_string());
        let kept = before.map(|before| before.slug.clone());
        let slug = body.slug.clone().or(kept).unwrap_or_else(made);
        check.that(is_slug(&slug), "/slug", "slug", "must be lower-case letters, digits and hyphens");
        check.finish()?;
        Ok(Self {
            id,
            version: before.map_or(0, |before| before.version),
            slug,
            name: body.name.trim().to_owned(),
            description: body.description.clone(),
            parent_id: body.parent_id,
            metadata: body.metadata.clone(),
            created_at: before.map_or(now, |before| before.created_at),
            updated_at: before.map_or(now, |before| before.updated_at),
        })
    }

    /// The form of its name that is unique under its parent.
    pub(crate) fn name_key(&self) -> String {
        fold(&self.name)
    }
}

/// All categories, ready for questions about who is above whom.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    nodes: HashMap<CategoryId, Category>,
}

impl Tree {
    /// The tree of `categories`.
    pub(crate) fn new(categories: impl IntoIterator<Item = Category>) -> Self {
        Self { nodes: categories.into_iter().map(|category| (category.id, category)).collect() }
    }

    /// The category with this id.
    pub(crate) fn get(&self, id: CategoryId) -> Option<&Category> {
        self.nodes.get(&id)
    }

    /// Puts `category` in, in place of the one with its id.
    pub(crate) fn put(&mut self, category: Category) {
        self.nodes.insert(category.id, category);
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.nodes.len()
    }

    /// The way from the top down to `id`, itself included; empty for one that is not there.
    pub(crate) fn lineage(&self, id: CategoryId) -> Vec<CategoryId> {
        let mut way = Vec::new();
        let mut next = Some(id);
        while let Some(category) = next.and_then(|id| self.nodes.get(&id)) {
            if way.len() > MAX_LEVELS {
                break;
            }
            way.push(category.id);
            next = category.parent_id;
        }
        way.reverse();
        way
    }

    /// Ids from the top down to `id`, joined by `/`.
    pub(crate) fn path(&self, id: CategoryId) -> String {
        self.lineage(id).iter().map(ToString::to_string).collect::<Vec<_>>().join("/")
    }

    /// Names from the top down to `id`.
    pub(crate) fn names(&self, id: CategoryId) -> Vec<&str> {
        self.lineage(id)
            .iter()
            .filter_map(|id| self.nodes.get(id))
            .map(|category| category.name.as_str())
            .collect()
    }

    /// 0 at the top.
    pub(crate) fn level(&self, id: CategoryId) -> i64 {
        self.lineage(id).len() as i64 - 1
    }

    /// The category and everything below it.
    pub(crate) fn below(&self, id: CategoryId) -> HashSet<CategoryId> {
        self.nodes.keys().copied().filter(|other| self.lineage(*other).contains(&id)).collect()
    }

    /// The child of `parent` with this name, whatever its case and accents.
    pub(crate) fn child(&self, parent: Option<CategoryId>, name: &str) -> Option<&Category> {
        let key = fold(name.trim());
        self.nodes.values().find(|category| category.parent_id == parent && category.name_key() == key)
    }

    /// Whether a category has this slug.
    pub(crate) fn has_slug(&self, slug: &str) -> bool {
        self.nodes.values().any(|category| category.slug == slug)
    }

    /// All categories, parents before their children and siblings by name.
    pub(crate) fn in_order(&self) -> Vec<&Category> {
        let key = |category: &Category| -> Vec<String> {
            self.lineage(category.id)
                .iter()
                .filter_map(|id| self.nodes.get(id))
                .map(Category::name_key)
                .collect()
        };
        let mut all: Vec<&Category> = self.nodes.values().collect();
        all.sort_by_cached_key(|category| (key(category), category.id));
        all
    }

    /// Whether `id` may hang under `parent`: the parent is there, is not below `id`, and the tree
    /// does not become too deep.
    ///
    /// # Errors
    /// 422 for a parent that is not there, [`ProductError::CategoryCycle`],
    /// [`ProductError::CategoryTooDeep`].
    pub(crate) fn may_hang(&self, id: CategoryId, parent: Option<CategoryId>) -> Result<(), ProductError> {
        let Some(parent) = parent else { return Ok(()) };
        if !self.nodes.contains_key(&parent) {
            return Err(base::Error::field("/parentId", "unknown", "there is no such category").into());
        }
        let above = self.lineage(parent);
        if above.contains(&id) {
            return Err(ProductError::CategoryCycle);
        }
        let own = self.lineage(id).len().max(1);
        let deepest = self.below(id).into_iter().map(|below| self.lineage(below).len()).max().unwrap_or(own);
        if above.len() + deepest - own + 1 > MAX_LEVELS {
            return Err(ProductError::CategoryTooDeep(MAX_LEVELS));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn category(name: &str, parent: Option<&Category>) -> Category {
        let body = WriteCategory {
            name: name.into(),
            parent_id: parent.map(|parent| parent.id),
            ..Default::default()
        };
        Category::from_write(&body, None, Timestamp::EPOCH).unwrap()
    }

    #[test]
    fn a_category_never_hangs_below_itself() {
        let top = category("Top", None);
        let middle = category("Middle", Some(&top));
        let leaf = category("Leaf", Some(&middle));
        let tree = Tree::new([top.clone(), middle.clone(), leaf.clone()]);
        for below in [&top, &middle, &leaf] {
            assert!(matches!(tree.may_hang(top.id, Some(below.id)), Err(ProductError::CategoryCycle)));
        }
        assert!(tree.may_hang(leaf.id, Some(top.id)).is_ok());
        assert!(tree.may_hang(leaf.id, None).is_ok());
        assert!(tree.may_hang(leaf.id, Some(CategoryId::new())).is_err());
        assert_eq!(tree.path(leaf.id), format!("{}/{}/{}", top.id, middle.id, leaf.id));
        assert_eq!((tree.level(top.id), tree.level(leaf.id)), (0, 2));
        assert_eq!(tree.below(middle.id), HashSet::from([middle.id, leaf.id]));
    }

    #[test]
    fn the_tree_has_a_limited_depth() {
        let mut tree = Tree::default();
        let mut parent: Option<Category> = None;
        for level in 0..MAX_LEVELS {
            let next = category(&format!("L{level}"), parent.as_ref());
            assert!(tree.may_hang(next.id, next.parent_id).is_ok(), "level {level}");
            tree.put(next.clone());
            parent = Some(next);
        }
        let parent = parent.unwrap();
        assert!(matches!(
            tree.may_hang(CategoryId::new(), Some(parent.id)),
            Err(ProductError::CategoryTooDeep(_))
        ));
        let pair = category("Pair", None);
        let child = category("Child", Some(&pair));
        tree.put(pair.clone());
        tree.put(child);
        let above = parent.parent_id;
        assert!(
            matches!(tree.may_hang(pair.id, above), Err(ProductError::CategoryTooDeep(_))),
            "its child would be too deep"
        );
    }

    #[test]
    fn siblings_are_told_apart_by_their_letters_only() {
        let top = category("Crème", None);
        let tree = Tree::new([top.clone()]);
        assert_eq!(tree.child(None, " creme ").map(|found| found.id), Some(top.id));
        assert!(tree.child(Some(top.id), "Crème").is_none());
    }

    #[test]
    fn parents_come_before_their_children() {
        let b = category("B", None);
        let a = category("A", None);
        let child = category("Z", Some(&a));
        let tree = Tree::new([b.clone(), child.clone(), a.clone()]);
        let names: Vec<&str> = tree.in_order().iter().map(|category| category.name.as_str()).collect();
        assert_eq!(names, ["A", "Z", "B"]);
    }
}
