//! The level of a text line: what stands before the message is read token by token (time, process, thread, logger,
//! key=value pairs), and the first level among it counts. The first ordinary word ends the search, so prose costs
//! little and claims nothing.
//!
//! What a level may look like depends on how sure the place is: `[error]` and `error:` in any case, a bare `ERROR`
//! only in capitals at the start of the line or behind a time, a thread or a separator.

use logboom_model::Severity;
use memchr::{memchr, memchr2};

use super::json::string_end;
use super::level;
use super::words::{is_calendar_word, is_everyday_word, is_plain_level, is_setting, word_level};
use crate::limits::{LOGFMT_WINDOW_BYTES, PREAMBLE_TOKENS_MAX, TEXT_WINDOW_BYTES};

const ESC: u8 = 0x1b;

/// The level in front of a message.
pub(super) fn detect(body: &[u8]) -> Option<Severity> {
    let body = match body {
        // `%5p` pads INFO and WARN with one space, `%7p` WARNING with none and ERROR with two.
        [b' ', b' ', rest @ ..] | [b' ', rest @ ..] => rest,
        _ => body,
    };
    match *body.first()? {
        b'<' => syslog_priority(body).or_else(|| Scanner::new(body).run()),
        b'A'..=b'Z' => letter_and_time(body).or_else(|| Scanner::new(body).run()),
        b'0'..=b'9' => redis(body).or_else(|| Scanner::new(body).run()),
        b'n' if body.starts_with(b"npm ") => npm(&body[4..]),
        b'a'..=b'z' | b'[' | b'(' | b'@' | ESC => Scanner::new(body).run(),
        _ => None,
    }
}

/// `<3>text`, as the kernel and sd-daemon(3) have it, and `<34>1 …` of syslog.
fn syslog_priority(body: &[u8]) -> Option<Severity> {
    let close = body.iter().take(5).position(|&byte| byte == b'>')?;
    let digits = body.get(1..close).filter(|digits| !digits.is_empty())?;
    let mut priority = 0;
    for digit in digits {
        priority = priority * 10 + u16::from(digit.is_ascii_digit().then(|| digit - b'0')?);
    }
    (priority <= 191).then(|| level::from_syslog((priority & 7) as u8))
}

/// glog, klog and abseil `E1122 09:13:00`, Ruby `I, [2026-11-22T`.
fn letter_and_time(body: &[u8]) -> Option<Severity> {
    let (&letter, rest) = body.split_first()?;
    let is_time = match rest.first()? {
        b',' => rest.starts_with(b", [") && rest.get(3)?.is_ascii_digit(),
        b'0'..=b'9' => {
            let digits = rest.iter().take(9).take_while(|byte| byte.is_ascii_digit()).count();
            matches!(digits, 4 | 8) && rest.get(digits) == Some(&b' ') && rest.get(digits + 3) == Some(&b':')
        }
        _ => false,
    };
    is_time.then(|| level::from_letter(letter)).flatten()
}

/// Redis and Valkey `1:M 22 Nov 2026 09:13:00.123 # text`.
fn redis(body: &[u8]) -> Option<Severity> {
    let window = &body[..body.len().min(40)];
    let colon = memchr(b':', window)?;
    if !matches!(window.get(colon + 1..colon + 3), Some([b'M' | b'S' | b'C' | b'X', b' '])) {
        return None;
    }
    match window[colon + 3..].split(|&byte| byte == b' ').nth(4)? {
        b"." | b"-" => Some(Severity::DEBUG),
        b"*" => Some(Severity::NOTICE),
        b"#" => Some(Severity::WARN),
        _ => None,
    }
}

/// `npm WARN deprecated`, `npm ERR! code`, `npm error`.
fn npm(rest: &[u8]) -> Option<Severity> {
    match rest.split(|&byte| byte == b' ').next()? {
        b"WARN" | b"warn" => Some(Severity::WARN),
        b"ERR!" | b"error" => Some(Severity::ERROR),
        _ => None,
    }
}

/// A walk over what stands before the message.
struct Scanner<'a> {
    body: &'a [u8],
    text: &'a [u8],
    at: usize,
    /// Something that looks like a time was passed.
    time: bool,
    /// A group in brackets was passed.
    group: bool,
    /// A name that ends in a colon, or has a group right behind it, was passed.
    name: bool,
    /// `-` or `|` stands right before.
    separator: bool,
    /// Nothing but colours was passed.
    first: bool,
    /// PHP's own prefix was passed.
    php: bool,
}

/// Whether the walk goes on.
enum Step {
    Next,
    Found(Severity),
    Stop,
}

impl From<Option<Severity>> for Step {
    fn from(found: Option<Severity>) -> Self {
        found.map_or(Self::Stop, Self::Found)
    }
}

impl<'a> Scanner<'a> {
    fn new(body: &'a [u8]) -> Self {
        let text = &body[..body.len().min(TEXT_WINDOW_BYTES)];
        Self {
            body,
            text,
            at: 0,
            time: false,
            group: false,
            name: false,
            separator: false,
            first: true,
            php: false,
        }
    }

    fn run(mut self) -> Option<Severity> {
        for _ in 0..PREAMBLE_TOKENS_MAX {
            while let Some(b' ' | b'\t') = self.text.get(self.at) {
                self.at += 1;
            }
            let byte = *self.text.get(self.at)?;
            let step = match byte {
                b'0'..=b'9' => self.number(),
                b'a'..=b'z' | b'A'..=b'Z' | b'_' | b'@' => self.word(),
                b'[' => self.group(b']'),
                b'(' => self.group(b')'),
                b'<' => self.group(b'>'),
                b'{' => self.group(b'}'),
                ESC => self.colour(),
                b'-' | b'|' | b':' | b'+' if self.time || self.group => self.punctuation(),
                _ => Step::Stop,
            };
            match step {
                Step::Next => self.first &= byte == ESC,
                Step::Found(severity) => return Some(severity),
                Step::Stop => return None,
            }
        }
        None
    }

    /// `2026-11-22T09:13:00,123Z`, `26/11/22`, `143`, `10.0.0.1`, up to a space, a bracket, or a colon before a word.
    fn number(&mut self) -> Step {
        let rest = &self.text[self.at..];
        let end = rest
            .iter()
            .position(|byte| !matches!(byte, b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b':' | b'.' | b',' | b'-' | b'+' | b'/' | b'_'))
            .unwrap_or(rest.len());
        let token = &rest[..end];
        let end = match memchr::memrchr(b':', token) {
            // Jetty: `2026-11-22 09:13:00.123:INFO:oejs.Server:`
            Some(last) if token.get(last + 1).is_none_or(u8::is_ascii_alphabetic) => token
                .windows(2)
                .position(|pair| pair[0] == b':' && pair[1].is_ascii_alphabetic())
                .unwrap_or(end),
            _ => end,
        };
        self.time |= end >= 6;
        self.at += end;
        self.separator = false;
        Step::Next
    }

    /// A run of `-`, `|` or a lone colon between fields; `--flag` and `-1` are none.
    fn punctuation(&mut self) -> Step {
        let mark = self.text[self.at];
        let length = self.text[self.at..].iter().take_while(|&&byte| byte == mark).count();
        self.at += length;
        self.separator = matches!(mark, b'-' | b'|');
        match self.text.get(self.at).copied() {
            Some(b' ' | b'\t' | ESC) => Step::Next,
            Some(_) if mark == b'|' || mark == b':' => Step::Next,
            Some(b'0'..=b'9') if mark == b'+' => Step::Next,
            _ => Step::Stop,
        }
    }

    /// A colour or another control sequence takes no place.
    fn colour(&mut self) -> Step {
        let rest = &self.text[self.at + 1..];
        let Some(rest) = rest.strip_prefix(b"[") else { return Step::Stop };
        let Some(end) = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';')) else {
            return Step::Stop;
        };
        self.at += 2 + end + 1;
        Step::Next
    }

    /// `[error]`, `[core:error]`, `[09:13:00 INF]`, `[2026-11-22 09:13:00,123: INFO/MainProcess]`, `<Warning>`.
    fn group(&mut self, close: u8) -> Step {
        let rest = &self.text[self.at + 1..];
        let Some(end) = memchr(close, rest) else { return Step::Stop };
        let inside = strip_colours(&rest[..end]);
        if let Some(severity) = group_level(inside, close) {
            return Step::Found(severity);
        }
        self.at += 1 + end + 1;
        self.group = true;
        self.separator = false;
        if self.text.get(self.at) == Some(&b':') {
            self.at += 1;
        }
        Step::Next
    }

    fn word(&mut self) -> Step {
        let rest = &self.text[self.at..];
        let length = rest
            .iter()
            .position(|byte| !matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'@' | b'$' | b'/' | b'-'))
            .unwrap_or(rest.len());
        let (word, after) = rest.split_at(length);
        if after.first() == Some(&b'=') {
            return self.pair(word);
        }
        if let Some(severity) = word_level(word) {
            return if self.is_level(word, after) { Step::Found(severity) } else { Step::Stop };
        }
        self.at += length;
        let separated = std::mem::take(&mut self.separator);
        match after.first() {
            // Telegraf: `2026-11-22T09:13:00Z E! text`
            Some(b'!') if self.time && word.len() == 1 => level::from_letter(word[0]).into(),
            // `nginx: [emerg]`, `main.c:12: error:`, `sshd[19939]: error:`
            Some(b':' | b'[') if !self.name => {
                self.name = true;
                self.skip_name_end(after)
            }
            // `2026-11-22 09:13:00,123 - shop.cart - WARNING - text`
            Some(b' ' | b'|') if separated && self.time && starts_with_separator(after) => Step::Next,
            Some(b' ' | b'\t' | b',') if is_calendar_word(word) => {
                self.at += usize::from(after[0] == b',');
                Step::Next
            }
            Some(b' ') if (self.first || self.group) && word == b"PHP" => {
                self.php = true;
                Step::Next
            }
            _ => Step::Stop,
        }
    }

    fn skip_name_end(&mut self, after: &[u8]) -> Step {
        let group = match after[0] {
            b'[' => memchr(b']', after).map(|close| close + 1),
            _ => Some(0),
        };
        let Some(group) = group else { return Step::Stop };
        self.at += group + usize::from(after.get(group) == Some(&b':'));
        Step::Next
    }

    /// A level word that is no key: does its place make it a level?
    fn is_level(&self, word: &[u8], after: &[u8]) -> bool {
        let capitals = !word.iter().any(u8::is_ascii_lowercase);
        let bare = capitals && (self.time || is_plain_level(word) && (self.first || self.group));
        let after = skip_colours(after);
        match after.first() {
            None | Some(b'(' | b'[' | b']') => bare,
            // zap's development encoder: `2026-11-22T09:13:00.123Z\tinfo\ttext`
            Some(b'\t') => bare || self.time,
            Some(b'|') => capitals || self.time,
            Some(b':') => (capitals || !is_everyday_word(word)) && !(self.first && is_setting(&after[1..])),
            Some(b' ') => {
                bare || self.separator && starts_with_separator(after)
                    || self.php && after.starts_with(b" error:")
            }
            _ => false,
        }
    }

    /// `key=value`; the value may be quoted.
    fn pair(&mut self, key: &[u8]) -> Step {
        self.text = &self.body[..self.body.len().min(LOGFMT_WINDOW_BYTES)];
        let rest = &self.text[self.at + key.len() + 1..];
        let (value, length) = match rest.strip_prefix(b"\"") {
            Some(inside) => {
                let Some(end) = string_end(inside) else { return Step::Stop };
                (&inside[..end], end + 2)
            }
            None => {
                let end = memchr2(b' ', b'\t', rest).unwrap_or(rest.len());
                (strip_colours(&rest[..end]), end)
            }
        };
        if level::is_key(key)
            && let Some(severity) = level::from_value(value)
        {
            return Step::Found(severity);
        }
        self.at += key.len() + 1 + length;
        Step::Next
    }
}

/// The level in a group: the whole of it, or one part in capitals, or the last part of `module:level`.
fn group_level(inside: &[u8], close: u8) -> Option<Severity> {
    let whole = inside.trim_ascii();
    if let Some(severity) = word_level(whole) {
        let sure = !is_everyday_word(whole) || !whole.iter().any(u8::is_ascii_lowercase) || whole == b"alert";
        return (sure || close == b'>').then_some(severity);
    }
    if close != b']' {
        return None;
    }
    if whole == b"Note" {
        // MySQL and MariaDB
        return Some(Severity::INFO);
    }
    let mut parts = whole.split(|byte| matches!(byte, b' ' | b':' | b'/' | b',' | b'|'));
    let capitals = |part: &&[u8]| {
        part.first().is_some_and(u8::is_ascii_uppercase) && !part.iter().any(u8::is_ascii_lowercase)
    };
    if let Some(severity) = parts.clone().filter(capitals).find_map(word_level) {
        return Some(severity);
    }
    // Apache 2.4: `[core:error]`
    match (parts.next(), parts.next(), parts.next()) {
        (Some(module), Some(last), None) if whole.get(module.len()) == Some(&b':') => word_level(last),
        _ => None,
    }
}

/// Without the control sequences it starts with.
fn skip_colours(mut text: &[u8]) -> &[u8] {
    while let [ESC, b'[', rest @ ..] = text {
        let Some(end) = memchr(b'm', rest) else { break };
        text = &rest[end + 1..];
    }
    text
}

/// Without the control sequences at both ends.
fn strip_colours(text: &[u8]) -> &[u8] {
    let text = skip_colours(text);
    memchr(ESC, text).map_or(text, |end| &text[..end])
}

fn starts_with_separator(after: &[u8]) -> bool {
    matches!(after.trim_ascii_start(), [b'|', ..] | [b'-', b' ', ..])
}
