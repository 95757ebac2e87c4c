//! What keeps a terminal safe when the form is not text: the same rule as [`sanitize_for_terminal`], in each form's
//! own way of escaping.

use std::borrow::Cow;

use logboom_model::sanitize_for_terminal;

/// Spells control characters out, line feeds and tabs included: a cell of a table stays in its line.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.contains('\t') {
        return sanitize_for_terminal(text.as_bytes());
    }
    Cow::Owned(sanitize_for_terminal(text.as_bytes()).replace('\t', "\\x09"))
}

/// Appends a JSON object whose strings keep their meaning but hold no character that a terminal would act on:
/// JSON leaves the C1 controls and bidirectional marks as they are, which is well for programs only.
pub fn json_for_terminal(json: &[u8], out: &mut Vec<u8>) {
    for character in String::from_utf8_lossy(json).chars() {
        let mut buffer = [0; 4];
        let encoded = character.encode_utf8(&mut buffer);
        if character.is_ascii_graphic() || character == ' ' {
            out.push(encoded.as_bytes()[0]);
        } else if matches!(sanitize_for_terminal(encoded.as_bytes()), Cow::Borrowed(_)) && character != '\t' {
            out.extend_from_slice(encoded.as_bytes());
        } else {
            out.extend_from_slice(format!("\\u{:04x}", character as u32).as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_for_a_terminal_means_the_same() {
        let value = serde_json::json!({ "body": "\u{9b}31m \u{202e}é\u{7f} \u{1b}[0m 日本 \u{1f600}" });
        let mut out = Vec::new();
        json_for_terminal(value.to_string().as_bytes(), &mut out);
        assert_eq!(serde_json::from_slice::<serde_json::Value>(&out).unwrap(), value);
        let text = String::from_utf8(out).unwrap();
        assert!(!text.chars().any(|character| character.is_control() || character == '\u{202e}'), "{text}");
        assert!(text.contains("日本"));
    }
}
