//! Stored password hashes as PHC strings, with ceilings on what a string may ask for.
//!
//! `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`, with `keyid=…` among the parameters if a pepper
//! went in. The ceilings matter for imported strings: `m=4294967295` would ask for 4 TiB.

use argon2::password_hash::phc::{Output, ParamsString, Salt};
use argon2::{Algorithm, Params, PasswordHash, Version};
use base::{Error, Result};

/// Ceiling on memory, in KiB.
pub(super) const MAX_MEMORY_KIB: u32 = 262_144;
/// Ceiling on passes.
pub(super) const MAX_PASSES: u32 = 10;
/// Ceiling on lanes.
pub(super) const MAX_LANES: u32 = 16;
/// Longest string that is looked at, in bytes.
const MAX_STRING_BYTES: usize = 512;
/// Shortest salt, in bytes; argon2's own minimum.
const MIN_SALT_BYTES: usize = 8;
/// Shortest hash, in bytes: fewer could be met by chance.
const MIN_OUTPUT_BYTES: usize = 16;
/// Length of our own salts and hashes, in bytes.
const SALT_BYTES: usize = 16;
const OUTPUT_BYTES: usize = 32;

/// How a hash is made.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    pub(super) algorithm: Algorithm,
    pub(super) version: Version,
    pub(super) params: Params,
}

/// A hash and how it was made.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    pub(super) recipe: Recipe,
    pub(super) salt: Salt,
    pub(super) output: Output,
}

impl Recipe {
    /// Whether hashes of `other` are as good as those of this one.
    pub(super) fn is_matched_by(&self, other: &Recipe) -> bool {
        let (ours, theirs) = (&self.params, &other.params);
        self.algorithm == other.algorithm
            && self.version == other.version
            && (ours.m_cost(), ours.t_cost(), ours.p_cost())
                == (theirs.m_cost(), theirs.t_cost(), theirs.p_cost())
            && ours.keyid() == theirs.keyid()
    }

    /// Something to verify against when there is no account: a hash of this recipe that no
    /// password has, so that the work is the same.
    pub(super) fn decoy(&self) -> Stored {
        let output = Output::new(&base::keys::random_bytes::<OUTPUT_BYTES>()).expect("32 bytes fit");
        Stored { recipe: self.clone(), salt: new_salt(), output }
    }
}

/// A new random salt.
pub(super) fn new_salt() -> Salt {
    Salt::new(&base::keys::random_bytes::<SALT_BYTES>()).expect("16 bytes fit")
}

/// Length of new hashes.
pub(super) const fn output_bytes() -> usize {
    OUTPUT_BYTES
}

impl Stored {
    /// Reads a stored string.
    ///
    /// # Errors
    /// 500 `internal` for strings that are not argon2 or exceed a ceiling.
    pub(super) fn parse(text: &str) -> Result<Self> {
        Self::read(text).map_err(|what| Error::internal(format!("a stored password hash is refused: {what}")))
    }

    fn read(text: &str) -> Result<Self, String> {
        if text.len() > MAX_STRING_BYTES {
            return Err("too long".into());
        }
        let hash = PasswordHash::new(text).map_err(|error| error.to_string())?;
        let algorithm = Algorithm::try_from(hash.algorithm.as_str()).map_err(|error| error.to_string())?;
        // A string without version is from before there were versions.
        let version = Version::try_from(hash.version.unwrap_or(0x10)).map_err(|error| error.to_string())?;
        let params = Params::try_from(&hash.params).map_err(|error| error.to_string())?;
        if params.m_cost() > MAX_MEMORY_KIB || params.t_cost() > MAX_PASSES || params.p_cost() > MAX_LANES {
            return Err(format!("m={}, t={}, p={}", params.m_cost(), params.t_cost(), params.p_cost()));
        }
        let salt = hash.salt.filter(|salt| salt.len() >= MIN_SALT_BYTES).ok_or("salt")?;
        let output = hash.hash.filter(|output| output.len() >= MIN_OUTPUT_BYTES).ok_or("hash")?;
        Ok(Self { recipe: Recipe { algorithm, version, params }, salt, output })
    }

    /// The string to store.
    pub(super) fn to_text(&self) -> String {
        let params = ParamsString::try_from(&self.recipe.params).expect("parameters have a text form");
        PasswordHash {
            algorithm: self.recipe.algorithm.ident(),
            version: Some(self.recipe.version.into()),
            params,
            salt: Some(self.salt),
            hash: Some(self.output),
        }
        .to_string()
    }
}
