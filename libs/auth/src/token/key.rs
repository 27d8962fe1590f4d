//! Signing keys (Ed25519) and their public parts as JSON Web Keys (RFC 7517, RFC 8037).

use base::{Error, Result, Secret};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::VerifyingKey;
use ed25519_dalek::pkcs8::{DecodePrivateKey, EncodePrivateKey};
use jsonwebtoken::{DecodingKey, EncodingKey};
use serde::{Deserialize, Serialize};
use std::fmt;

/// A private key that signs access tokens.
#[derive(Clone)]
pub struct SigningKey {
    public: Jwk,
    private: ed25519_dalek::SigningKey,
    encoding: EncodingKey,
}

impl SigningKey {
    /// A new random key.
    pub fn generate() -> Self {
        let seed = Secret::new(base::keys::random_bytes::<32>());
        Self::new(ed25519_dalek::SigningKey::from_bytes(seed.expose()))
    }

    /// The key of a PKCS#8 document (DER).
    ///
    /// # Errors
    /// 500 `internal` for anything else.
    pub fn from_pkcs8(der: &[u8]) -> Result<Self> {
        ed25519_dalek::SigningKey::from_pkcs8_der(der)
            .map(Self::new)
            .map_err(|error| Error::internal(format!("not an Ed25519 key in PKCS#8 form: {error}")))
    }

    /// The key as PKCS#8 document (DER), to be stored encrypted.
    pub fn to_pkcs8(&self) -> Secret<Vec<u8>> {
        Secret::new(pkcs8(&self.private))
    }

    /// Its id: the thumbprint of the public key (RFC 7638).
    pub fn kid(&self) -> &str {
        &self.public.kid
    }

    /// The public part.
    pub fn jwk(&self) -> &Jwk {
        &self.public
    }

    pub(super) fn encoding(&self) -> &EncodingKey {
        &self.encoding
    }

    fn new(private: ed25519_dalek::SigningKey) -> Self {
        let encoding = EncodingKey::from_ed_der(&pkcs8(&private));
        Self { public: Jwk::of(&private.verifying_key()), private, encoding }
    }
}

fn pkcs8(key: &ed25519_dalek::SigningKey) -> Vec<u8> {
    key.to_pkcs8_der().expect("every Ed25519 key has a PKCS#8 form").as_bytes().to_vec()
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.kid())
    }
}

/// A public key as `/.well-known/jwks.json` lists it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(default)]
pub struct Jwk {
    /// Key type, `OKP`.
    pub kty: String,
    /// Curve, `Ed25519`.
    pub crv: String,
    /// Algorithm, `EdDSA`.
    pub alg: String,
    /// Use, `sig`.
    #[serde(rename = "use")]
    pub purpose: String,
    /// Key id.
    pub kid: String,
    /// The public key, 32 bytes in base64url.
    pub x: String,
}

impl Jwk {
    fn of(key: &VerifyingKey) -> Self {
        let key = Self {
            kty: "OKP".into(),
            crv: "Ed25519".into(),
            alg: "EdDSA".into(),
            purpose: "sig".into(),
            kid: String::new(),
            x: URL_SAFE_NO_PAD.encode(key.as_bytes()),
        };
        Self { kid: key.thumbprint(), ..key }
    }

    /// SHA-256 of its required members in alphabetical order (RFC 7638, RFC 8037 §2).
    pub(super) fn thumbprint(&self) -> String {
        let Self { crv, kty, x, .. } = self;
        let canonical = format!(r#"{{"crv":"{crv}","kty":"{kty}","x":"{x}"}}"#);
        URL_SAFE_NO_PAD.encode(base::keys::sha256(canonical.as_bytes()))
    }

    /// The key to verify with; nothing for keys of other kinds, broken ones and those of small
    /// order, under which one signature fits many messages.
    pub(super) fn decoding(&self) -> Option<DecodingKey> {
        let ours = self.kty == "OKP" && self.crv == "Ed25519" && self.purpose == "sig" && self.alg == "EdDSA";
        if !ours || self.kid.is_empty() {
            return None;
        }
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(&self.x).ok()?.try_into().ok()?;
        let key = VerifyingKey::from_bytes(&bytes).ok()?;
        (!key.is_weak()).then(|| DecodingKey::from_ed_der(&bytes))
    }
}

/// The document at `/.well-known/jwks.json`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct JwkSet {
    /// The keys: the next, the current and the recently retired ones.
    pub keys: Vec<Jwk>,
}

impl FromIterator<Jwk> for JwkSet {
    fn from_iter<I: IntoIterator<Item = Jwk>>(keys: I) -> Self {
        Self { keys: keys.into_iter().collect() }
    }
}
