//! Full-text search: which products a few words mean, typing errors forgiven.
//!
//! An index in memory, made from the database at start and kept up to date after each change. It
//! answers keys of products with a score; filters, facets and order are the catalogue's matter.
//! Every word must be found. How well decides the order: as written, as the beginning of a longer
//! word (the last word only, it may still be being typed), with one letter wrong (from 4 letters
//! on), with two wrong (from 8 on); within the same quality, where it was found.

use base::Error;
use std::sync::{Mutex, MutexGuard};
use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::query::{BooleanQuery, BoostQuery, ConstScoreQuery, FuzzyTermQuery, Occur, Query, TermQuery};
use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STRING, Schema, TextFieldIndexing, TextOptions,
};
use tantivy::tokenizer::{AsciiFoldingFilter, LowerCaser, RemoveLongFilter, SimpleTokenizer, TextAnalyzer};
use tantivy::{
    DocId, IndexReader, IndexWriter, ReloadPolicy, Score, SegmentReader, TantivyDocument, Term, doc,
};

/// Words of a question that count; more are passed over.
const MAX_WORDS: usize = 8;
/// The longest word that is indexed, in bytes.
const MAX_WORD: usize = 40;
/// What the writer may hold before it writes a segment, in bytes (the least Tantivy takes).
const WRITER_BYTES: usize = 15_000_000;
const TOKENIZER: &str = "folded";

/// The texts of one product.
#[derive(Debug, Default)]
pub(crate) struct Texts {
    pub(crate) key: u32,
    pub(crate) name: String,
    pub(crate) brand: String,
    pub(crate) tags: String,
    pub(crate) categories: String,
    pub(crate) skus: Vec<String>,
    pub(crate) attributes: String,
    /// HTML is allowed; it is left out.
    pub(crate) description: String,
}

/// A product that was found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Hit {
    pub(crate) key: u32,
    pub(crate) score: f32,
}

/// The index.
pub(crate) struct Index {
    fields: Fields,
    analyzer: TextAnalyzer,
    reader: IndexReader,
    writer: Mutex<IndexWriter>,
}

#[derive(Clone, Copy)]
struct Fields {
    key: Field,
    /// The words of all other fields.
    all: Field,
    name: Field,
    brand: Field,
    tags: Field,
    categories: Field,
    attributes: Field,
    /// Whole stock keeping units in lower case.
    sku: Field,
}

impl Index {
    /// An empty index.
    ///
    /// # Errors
    /// If there is no memory or thread for it.
    pub(crate) fn new() -> Result<Self, Error> {
        let mut schema = Schema::builder();
        let words = TextFieldIndexing::default().set_tokenizer(TOKENIZER).set_fieldnorms(true);
        let words =
            TextOptions::default().set_indexing_options(words.set_index_option(IndexRecordOption::WithFreqs));
        let mut text = |name: &str| schema.add_text_field(name, words.clone());
        let (all, name, brand) = (text("all"), text("name"), text("brand"));
        let (tags, categories, attributes) = (text("tags"), text("categories"), text("attributes"));
        let key = schema.add_u64_field("key", INDEXED | FAST);
        let sku = schema.add_text_field("sku", STRING);
        let fields = Fields { key, all, name, brand, tags, categories, attributes, sku };
        let index = tantivy::Index::create_in_ram(schema.build());
        let analyzer = analyzer();
        index.tokenizers().register(TOKENIZER, analyzer.clone());
        let writer = index.writer_with_num_threads(1, WRITER_BYTES).map_err(Error::internal)?;
        let reader =
            index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into().map_err(Error::internal)?;
        Ok(Self { fields, analyzer, reader, writer: Mutex::new(writer) })
    }

    /// Puts `texts` in, in place of what was there for their keys. It takes long for many: call
    /// it where blocking is allowed.
    ///
    /// # Errors
    /// If the writer has failed.
    pub(crate) fn put(&self, texts: impl IntoIterator<Item = Texts>) -> Result<(), Error> {
        let mut writer = self.writer();
        for text in texts {
            writer.delete_term(Term::from_field_u64(self.fields.key, u64::from(text.key)));
            writer.add_document(self.document(&text)).map_err(Error::internal)?;
        }
        writer.commit().map_err(Error::internal)?;
        drop(writer);
        self.reader.reload().map_err(Error::internal)
    }

    fn writer(&self) -> MutexGuard<'_, IndexWriter> {
        self.writer.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn document(&self, text: &Texts) -> TantivyDocument {
        let fields = self.fields;
        let description = without_tags(&text.description);
        let skus = text.skus.join(" ");
        let mut document = doc!(
            fields.key => u64::from(text.key),
            fields.name => text.name.as_str(),
            fields.brand => text.brand.as_str(),
            fields.tags => text.tags.as_str(),
            fields.categories => text.categories.as_str(),
            fields.attributes => text.attributes.as_str(),
        );
        for part in
            [&text.name, &text.brand, &text.tags, &text.categories, &text.attributes, &skus, &description]
        {
            document.add_text(fields.all, part);
        }
        for sku in &text.skus {
            document.add_text(fields.sku, sku.to_lowercase());
        }
        document
    }

    /// The products the words of `question` mean, in no order. A product that has only some of
    /// the words is found when none has all of them.
    ///
    /// # Errors
    /// If the index is damaged.
    pub(crate) fn find(&self, question: &str) -> Result<Vec<Hit>, Error> {
        let words = self.words(question);
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let still_typing = question.chars().next_back().is_some_and(char::is_alphanumeric);
        let clauses: Vec<Box<dyn Query>> = words
            .iter()
            .enumerate()
            .map(|(index, word)| self.word(word, still_typing && index + 1 == words.len()))
            .collect();
        let extras = self.extras(&words, question);
        let all = self.run(Occur::Must, &clauses, &extras)?;
        if all.is_empty() && words.len() > 1 { self.run(Occur::Should, &clauses, &[]) } else { Ok(all) }
    }

    fn run(
        &self,
        occur: Occur,
        clauses: &[Box<dyn Query>],
        extras: &[Box<dyn Query>],
    ) -> Result<Vec<Hit>, Error> {
        let clauses = clauses.iter().map(|clause| (occur, clause.box_clone()));
        let extras = extras.iter().map(|extra| (Occur::Should, extra.box_clone()));
        let query = BooleanQuery::new(clauses.chain(extras).collect());
        self.reader.searcher().search(&query, &Hits).map_err(Error::internal)
    }

    fn words(&self, question: &str) -> Vec<String> {
        let mut analyzer = self.analyzer.clone();
        let mut stream = analyzer.token_stream(question);
        let mut words: Vec<String> = Vec::new();
        while words.len() < MAX_WORDS && stream.advance() {
            let word = &stream.token().text;
            if !words.contains(word) {
                words.push(word.clone());
            }
        }
        words
    }

    /// The products one word means, each way of finding it worth more than all ways below it.
    fn word(&self, word: &str, is_typed: bool) -> Box<dyn Query> {
        let term = Term::from_field_text(self.fields.all, word);
        let letters = word.chars().count();
        let worth = |query: Box<dyn Query>, score: Score| -> (Occur, Box<dyn Query>) {
            (Occur::Should, Box::new(ConstScoreQuery::new(query, score)))
        };
        let like = |distance: u8| -> Box<dyn Query> {
            let term = term.clone();
            Box::new(if is_typed {
                FuzzyTermQuery::new_prefix(term, distance, true)
            } else {
                FuzzyTermQuery::new(term, distance, true)
            })
        };
        let mut ways = vec![worth(Box::new(TermQuery::new(term.clone(), IndexRecordOption::Basic)), 2000.0)];
        if is_typed {
            ways.push(worth(like(0), 1000.0));
        }
        if letters >= 4 {
            ways.push(worth(like(1), 400.0));
        }
        if letters >= 8 {
            ways.push(worth(like(2), 100.0));
        }
        Box::new(BooleanQuery::new(ways))
    }

    /// What lifts a product above others in which the words were found as well.
    fn extras(&self, words: &[String], question: &str) -> Vec<Box<dyn Query>> {
        let fields = self.fields;
        let mut extras: Vec<Box<dyn Query>> = Vec::new();
        for word in words {
            for (field, boost) in [
                (fields.name, 8.0),
                (fields.brand, 5.0),
                (fields.categories, 4.0),
                (fields.tags, 3.0),
                (fields.attributes, 2.0),
            ] {
                let query = TermQuery::new(Term::from_field_text(field, word), IndexRecordOption::WithFreqs);
                extras.push(Box::new(BoostQuery::new(Box::new(query), boost)));
            }
        }
        if let Some(last) = words.last() {
            let begins = FuzzyTermQuery::new_prefix(Term::from_field_text(fields.name, last), 0, true);
            extras.push(Box::new(ConstScoreQuery::new(Box::new(begins), 20.0)));
        }
        let sku = Term::from_field_text(fields.sku, &question.trim().to_lowercase());
        extras.push(Box::new(ConstScoreQuery::new(
            Box::new(TermQuery::new(sku, IndexRecordOption::Basic)),
            50_000.0,
        )));
        extras
    }
}

fn analyzer() -> TextAnalyzer {
    TextAnalyzer::builder(SimpleTokenizer::default())
        .filter(RemoveLongFilter::limit(MAX_WORD))
        .filter(LowerCaser)
        .filter(AsciiFoldingFilter)
        .build()
}

/// The text of an HTML fragment, roughly: tags become blanks, the commonest entities letters.
fn without_tags(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(before);
        text.push(' ');
        rest = after.split_once('>').map_or("", |(_, rest)| rest);
    }
    text.push_str(rest);
    text.replace("&amp;", "&").replace("&nbsp;", " ").replace("&#39;", "'").replace("&quot;", "\"")
}

/// Collects every match with its key and score.
struct Hits;

struct SegmentHits {
    keys: Column<u64>,
    hits: Vec<Hit>,
}

impl Collector for Hits {
    type Fruit = Vec<Hit>;
    type Child = SegmentHits;

    fn for_segment(&self, _: u32, segment: &SegmentReader) -> tantivy::Result<SegmentHits> {
        Ok(SegmentHits { keys: segment.fast_fields().u64("key")?, hits: Vec::new() })
    }

    fn requires_scoring(&self) -> bool {
        true
    }

    fn merge_fruits(&self, segments: Vec<Vec<Hit>>) -> tantivy::Result<Vec<Hit>> {
        Ok(segments.into_iter().flatten().collect())
    }
}

impl SegmentCollector for SegmentHits {
    type Fruit = Vec<Hit>;

    fn collect(&mut self, document: DocId, score: Score) {
        if let Some(key) = self.keys.first(document) {
            self.hits.push(Hit { key: key as u32, score });
        }
    }

    fn harvest(self) -> Vec<Hit> {
        self.hits
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(names: &[&str]) -> Index {
        let index = Index::new().unwrap();
        index
            .put((0..).zip(names).map(|(key, name)| Texts { key, name: (*name).into(), ..Texts::default() }))
            .unwrap();
        index
    }

    fn keys(index: &Index, question: &str) -> Vec<u32> {
        let mut hits = index.find(question).unwrap();
        hits.sort_by(|a, b| b.score.total_cmp(&a.score));
        hits.iter().map(|hit| hit.key).collect()
    }

    #[test]
    fn words_are_found_whatever_their_case_and_accents() {
        let index = index(&["Crème Brûlée Set", "Kettle"]);
        for question in ["creme", "CRÈME", "brulee set", "crème-brûlée"] {
            assert_eq!(keys(&index, question), [0], "{question}");
        }
    }

    #[test]
    fn exact_words_come_before_beginnings_and_those_before_typing_errors() {
        let index = index(&["Coats of paint", "Goat cheese", "Winter coat", "Coatrack"]);
        assert_eq!(keys(&index, "coat")[0], 2);
        assert_eq!(keys(&index, "coat").last(), Some(&1));
        assert_eq!(keys(&index, "coat").len(), 4);
        assert_eq!(keys(&index, "coat "), [2, 0, 1], "a finished word is no beginning");
    }

    #[test]
    fn one_letter_may_be_wrong_from_four_on_and_two_from_eight_on() {
        let index = index(&["Espresso machine", "Hat", "Backpack"]);
        for question in ["esprso machine ", "expresso ", "machnie ", "espresso mahcine"] {
            assert_eq!(keys(&index, question), [0], "{question}");
        }
        assert_eq!(keys(&index, "backapck "), [2], "two swapped letters are one error");
        assert_eq!(keys(&index, "bakcpakc "), [2]);
        assert!(keys(&index, "hot ").is_empty(), "three letters are too few to guess");
        assert!(keys(&index, "mahcien ").is_empty(), "seven letters allow one error");
    }

    #[test]
    fn a_word_being_typed_is_found_also_with_an_error() {
        let index = index(&["Espresso machine"]);
        for question in ["e", "espr", "exspr", "machine esp"] {
            assert_eq!(keys(&index, question), [0], "{question}");
        }
    }

    #[test]
    fn all_words_count_until_none_has_them_all() {
        let index = index(&["Red boots", "Blue boots", "Red hat"]);
        assert_eq!(keys(&index, "red boots"), [0]);
        let mut some = keys(&index, "green boots ");
        some.sort_unstable();
        assert_eq!(some, [0, 1]);
    }

    #[test]
    fn a_stock_keeping_unit_finds_its_product_first() {
        let index = Index::new().unwrap();
        let texts = |key, name: &str, sku: &str| Texts {
            key,
            name: name.into(),
            skus: vec![sku.into()],
            ..Texts::default()
        };
        index
            .put([
                texts(0, "Out 0002 of stock", "X-1"),
                texts(1, "Harness", "OUT-0002"),
                texts(2, "Goggles", "OUT-0003"),
            ])
            .unwrap();
        assert_eq!(keys(&index, "out-0002")[0], 1);
        assert_eq!(keys(&index, " OUT-0003 ")[0], 2);
    }

    #[test]
    fn what_was_put_again_is_found_by_its_new_texts_only() {
        let index = index(&["Boots"]);
        index.put([Texts { key: 0, name: "Kettle".into(), ..Texts::default() }]).unwrap();
        assert!(keys(&index, "boots").is_empty());
        assert_eq!(keys(&index, "kettle"), [0]);
    }

    #[test]
    fn hostile_questions_find_nothing_and_break_nothing() {
        let index = index(&["Boots"]);
        let long = "a".repeat(5000);
        let many = "boots ".repeat(1000);
        for question in [
            "",
            " ",
            "\"",
            "* OR name:*",
            "(((",
            "\u{202e}",
            "\0",
            &long,
            "https://x/?a=b&c=d",
            "'; DROP TABLE",
        ] {
            let _no_panic = keys(&index, question);
        }
        assert_eq!(keys(&index, &many), [0]);
    }

    #[test]
    fn tags_of_html_are_no_words() {
        let text = without_tags("<p class=\"lead\">Tea&nbsp;&amp; more<br/>here</p><unclosed");
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["Tea", "&", "more", "here"]);
    }
}
