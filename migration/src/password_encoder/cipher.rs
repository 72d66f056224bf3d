//! The algorithms that a password may be encoded with, by the names that Java gives them.

use aes::cipher::block_padding::Pkcs7;
use aes::cipher::consts::U12;
use aes::cipher::{BlockDecryptMut, KeyIvInit};
use aes::{Aes128, Aes192, Aes256};
use aes_gcm::aead::Aead;
use aes_gcm::{AesGcm, KeyInit, Nonce};
use pbkdf2::pbkdf2_hmac;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::PasswordError;

/// Hash function of PBKDF2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hash {
    Sha1,
    Sha224,
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// The hash function of a `keyFactoryAlgorithm`.
    pub(super) fn named(name: &str) -> Result<Hash, PasswordError> {
        Ok(match name.to_ascii_lowercase().as_str() {
            "pbkdf2withhmacsha1" => Hash::Sha1,
            "pbkdf2withhmacsha224" => Hash::Sha224,
            "pbkdf2withhmacsha256" => Hash::Sha256,
            "pbkdf2withhmacsha384" => Hash::Sha384,
            "pbkdf2withhmacsha512" => Hash::Sha512,
            _ => return Err(PasswordError::Unsupported(name.to_owned())),
        })
    }

    /// Fills `key` with PBKDF2 of the secret.
    pub(super) fn derive_key(self, secret: &[u8], salt: &[u8], iterations: u32, key: &mut [u8]) {
        match self {
            Hash::Sha1 => pbkdf2_hmac::<Sha1>(secret, salt, iterations, key),
            Hash::Sha224 => pbkdf2_hmac::<Sha224>(secret, salt, iterations, key),
            Hash::Sha256 => pbkdf2_hmac::<Sha256>(secret, salt, iterations, key),
            Hash::Sha384 => pbkdf2_hmac::<Sha384>(secret, salt, iterations, key),
            Hash::Sha512 => pbkdf2_hmac::<Sha512>(secret, salt, iterations, key),
        }
    }
}

/// How AES is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cipher {
    Cbc,
    Gcm,
}

impl Cipher {
    /// The mode of a `cipherAlgorithm`.
    pub(super) fn named(name: &str) -> Result<Cipher, PasswordError> {
        match name.to_ascii_lowercase().as_str() {
            "aes/cbc/pkcs5padding" => Ok(Cipher::Cbc),
            "aes/gcm/nopadding" => Ok(Cipher::Gcm),
            _ => Err(PasswordError::Unsupported(name.to_owned())),
        }
    }

    /// The clear bytes; `None` when the key, or the length of the initialization vector, does not fit.
    pub(super) fn decrypt(self, key: &[u8], initialization_vector: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        match (self, key.len()) {
            (Cipher::Cbc, 16) => cbc::<cbc::Decryptor<Aes128>>(key, initialization_vector, data),
            (Cipher::Cbc, 24) => cbc::<cbc::Decryptor<Aes192>>(key, initialization_vector, data),
            (Cipher::Cbc, 32) => cbc::<cbc::Decryptor<Aes256>>(key, initialization_vector, data),
            (Cipher::Gcm, 16) => gcm::<AesGcm<Aes128, U12>>(key, initialization_vector, data),
            (Cipher::Gcm, 24) => gcm::<AesGcm<Aes192, U12>>(key, initialization_vector, data),
            (Cipher::Gcm, 32) => gcm::<AesGcm<Aes256, U12>>(key, initialization_vector, data),
            _ => None,
        }
    }
}

fn cbc<D: BlockDecryptMut + KeyIvInit>(key: &[u8], vector: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    let decryptor = D::new_from_slices(key, vector).ok()?;
    decryptor.decrypt_padded_vec_mut::<Pkcs7>(data).ok()
}

fn gcm<C: Aead<NonceSize = U12> + KeyInit>(key: &[u8], vector: &[u8], data: &[u8]) -> Option<Vec<u8>> {
    (vector.len() == 12).then_some(())?;
    let cipher = C::new_from_slice(key).ok()?;
    cipher.decrypt(Nonce::from_slice(vector), data).ok()
}
