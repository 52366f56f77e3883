//! Text for narrow places: wrapping, cutting, numbers.

/// Breaks `text` at blanks into at most `most` lines of at most `width`. A word
/// longer than a line is never broken.
pub fn wrap(text: &str, width: usize, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    if lines.len() > most {
        lines.truncate(most);
        if let Some(last) = lines.last_mut() {
            *last = last.chars().take(width - 2).chain(" …".chars()).collect();
        }
    }
    lines
}

/// Markdown for a terminal: the lines of a paragraph are wrapped anew to `width`. Code,
/// lists, tables and headings stay as they are.
pub fn reflow(text: &str, width: usize) -> String {
    let mut out: Vec<String> = Vec::new();
    let mut paragraph = String::new();
    let mut in_code = false;
    let flush = |paragraph: &mut String, out: &mut Vec<String>| {
        out.extend(wrap(&std::mem::take(paragraph), width, usize::MAX));
    };
    for line in text.lines() {
        let fence = line.trim_start().starts_with("```");
        let plain = !in_code
            && !fence
            && line.starts_with(|c: char| c.is_alphabetic() || matches!(c, '`' | '"' | '('));
        in_code ^= fence;
        if plain {
            paragraph.push_str(line);
            paragraph.push(' ');
        } else {
            flush(&mut paragraph, &mut out);
            out.push(line.to_owned());
        }
    }
    flush(&mut paragraph, &mut out);
    out.join("\n")
}

/// The beginning of `text`, in at most `width` characters.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        text.to_owned()
    } else {
        text.chars()
            .take(width.saturating_sub(1))
            .chain(['…'])
            .collect()
    }
}

/// `20000` → `20,000`.
pub fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_wrapped_at_blanks_and_cut_with_a_sign() {
        assert_eq!(wrap("one two three", 7, 9), ["one two", "three"]);
        assert_eq!(wrap("one two three four", 7, 2), ["one two", "three …"]);
        assert_eq!(wrap("a/path/that/is/long", 7, 9), ["a/path/that/is/long"]);
    }

    #[test]
    fn paragraphs_are_wrapped_anew_and_code_is_not() {
        let text = "one two three\nfour\n\n    let x = one_long_line;\n```\nnot a word of this\n```\n- an item of a list\n";
        let expected = "one two\nthree four\n\n    let x = one_long_line;\n```\nnot a word of this\n```\n- an item of a list";
        assert_eq!(reflow(text, 10), expected);
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(
            [0, 999, 1000, 1234567].map(thousands),
            ["0", "999", "1,000", "1,234,567"]
        );
    }
}
