//! The values products can be filtered by, each with a small number.

use crate::domain::slug::fold;
use api::ids::CategoryId;
use std::collections::HashMap;

/// A value products can be filtered by. Texts are kept as first written and compared folded.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Term {
    Category(CategoryId),
    Brand(Box<str>),
    Tag(Box<str>),
    /// Name and value.
    Attribute(Box<str>, Box<str>),
}

impl Term {
    fn folded(&self) -> Self {
        let fold = |text: &str| fold(text).into_boxed_str();
        match self {
            Term::Category(id) => Term::Category(*id),
            Term::Brand(brand) => Term::Brand(fold(brand)),
            Term::Tag(tag) => Term::Tag(fold(tag)),
            Term::Attribute(name, value) => Term::Attribute(fold(name), fold(value)),
        }
    }
}

/// All values there ever were; numbers are never used again.
#[derive(Clone, Debug, Default)]
pub(crate) struct Terms {
    numbers: HashMap<Term, u32>,
    list: Vec<Term>,
}

impl Terms {
    /// The number of `term`, a new one if it has none yet.
    pub(crate) fn number(&mut self, term: Term) -> u32 {
        let key = term.folded();
        *self.numbers.entry(key).or_insert_with(|| {
            self.list.push(term);
            self.list.len() as u32 - 1
        })
    }

    /// The number of `term`, if any product ever had it.
    pub(crate) fn find(&self, term: &Term) -> Option<u32> {
        self.numbers.get(&term.folded()).copied()
    }

    /// The term with this number.
    pub(crate) fn get(&self, number: u32) -> Option<&Term> {
        self.list.get(number as usize)
    }

    /// All of them, by number.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Term> {
        self.list.iter()
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }
}
