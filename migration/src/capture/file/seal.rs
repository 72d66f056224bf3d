//! Encryption of frame bodies with a passphrase; see [`super`] for the format.

use argon2::{Algorithm, Argon2, Params, Version};
use chacha20poly1305::aead::{Aead, AeadInPlace, KeyInit, Payload};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};

/// Seals and opens frame bodies.
pub(super) struct Seal {
    cipher: ChaCha20Poly1305,
}

impl Seal {
    /// The seal that a passphrase makes with a salt. Takes a noticeable while, so that guessing does too.
    pub(super) fn new(passphrase: &str, salt: &[u8; 16]) -> Seal {
        let params = Params::new(19 * 1024, 2, 1, Some(32)).expect("constants within Argon2's bounds");
        let mut key = [0; 32];
        Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
            .hash_password_into(passphrase.as_bytes(), salt, &mut key)
            .expect("a salt of 16 bytes and a passphrase below 4 GiB are within Argon2's bounds");
        Seal {
            cipher: ChaCha20Poly1305::new(Key::from_slice(&key)),
        }
    }

    /// What tells whether the passphrase is the right one.
    pub(super) fn key_check(&self) -> [u8; 16] {
        let sealed = self.cipher.encrypt(Nonce::from_slice(&[0xff; 12]), [].as_slice());
        sealed
            .expect("nothing is not too long")
            .try_into()
            .expect("a tag is 16 bytes")
    }

    pub(super) fn seal(&self, frame: u64, authenticated: &[u8], body: &[u8]) -> Vec<u8> {
        let payload = Payload {
            msg: body,
            aad: authenticated,
        };
        self.cipher
            .encrypt(&nonce(frame), payload)
            .expect("a frame is far below the cipher's limit")
    }

    /// Opens a body where it is; `None` if it, or what is authenticated with it, is not what was sealed.
    pub(super) fn open(&self, frame: u64, authenticated: &[u8], body: &mut Vec<u8>) -> Option<()> {
        let opened = self.cipher.decrypt_in_place(&nonce(frame), authenticated, body);
        opened.ok()
    }
}

fn nonce(frame: u64) -> Nonce {
    let mut nonce = Nonce::default();
    nonce[4..].copy_from_slice(&frame.to_be_bytes());
    nonce
}
