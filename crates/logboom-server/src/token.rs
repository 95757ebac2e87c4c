//! The bearer token and the login cookie made from it, both compared in constant time.

use ring::hmac;

use crate::{ServerError, limits};

/// What the login cookie is a code of: it proves knowledge of the token at login, and allows reading only.
const LOGIN_MESSAGE: &[u8] = b"logboom read login, version 1";

/// Refuses tokens that could be guessed or that no header can carry: what [`serve`](crate::serve) would refuse too.
pub fn check_token(token: &str) -> Result<(), ServerError> {
    let (length, least) = (token.len(), limits::TOKEN_BYTES_MIN);
    if length < least {
        return Err(ServerError::WeakToken { length, least });
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(ServerError::UnusableToken);
    }
    Ok(())
}

/// Knows the token without keeping it in comparable form.
pub(crate) struct Token {
    /// Random per process: tags of guesses tell nothing about the token.
    key: hmac::Key,
    tag: hmac::Tag,
    login: String,
    login_tag: hmac::Tag,
}

impl Token {
    /// Refuses tokens that could be guessed or not be sent.
    pub fn new(token: &str) -> Result<Self, ServerError> {
        check_token(token)?;
        let mut random = [0; 32];
        getrandom::fill(&mut random).map_err(ServerError::Random)?;
        let key = hmac::Key::new(hmac::HMAC_SHA256, &random);
        let login =
            hex(hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, token.as_bytes()), LOGIN_MESSAGE).as_ref());
        Ok(Self {
            tag: hmac::sign(&key, token.as_bytes()),
            login_tag: hmac::sign(&key, login.as_bytes()),
            login,
            key,
        })
    }

    /// Whether this is the token.
    pub fn matches(&self, presented: &[u8]) -> bool {
        hmac::verify(&self.key, presented, self.tag.as_ref()).is_ok()
    }

    /// The value of the login cookie: derived from the token, so that it survives a restart and a stolen cookie
    /// cannot change anything.
    pub fn login(&self) -> &str {
        &self.login
    }

    /// Whether this is the login cookie's value.
    pub fn matches_login(&self, presented: &[u8]) -> bool {
        hmac::verify(&self.key, presented, self.login_tag.as_ref()).is_ok()
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_token_is_the_token_and_the_login_is_another_secret() {
        let text = "0123456789abcdef0123456789abcdef";
        let token = Token::new(text).unwrap();
        assert!(token.matches(text.as_bytes()));
        for wrong in ["", "0123456789abcdef0123456789abcdeF", "0123456789abcdef0123456789abcde"] {
            assert!(!token.matches(wrong.as_bytes()), "{wrong}");
        }
        let login = token.login().to_owned();
        assert!(token.matches_login(login.as_bytes()) && !token.matches(login.as_bytes()));
        assert!(!token.matches_login(text.as_bytes()));
        let restarted = Token::new(text).unwrap();
        assert!(restarted.matches_login(login.as_bytes()), "a login survives a restart");
    }

    #[test]
    fn weak_and_unusable_tokens_are_refused() {
        for text in ["", "short", "0123456789abcde"] {
            assert!(matches!(Token::new(text), Err(ServerError::WeakToken { .. })), "{text}");
        }
        for text in ["0123456789 abcdef", "0123456789abcdef\n", "0123456789abcdefé"] {
            assert!(matches!(Token::new(text), Err(ServerError::UnusableToken)), "{text}");
        }
    }
}
