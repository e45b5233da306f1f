//! One Rust name in its other spellings.

/// `HandedToHr` → `handed-to-hr`
pub(crate) fn kebab(name: &str) -> String {
    words(name).join("-")
}

/// `HandedToHr` → `HANDED_TO_HR`
pub(crate) fn constant(name: &str) -> String {
    words(name).join("_").to_uppercase()
}

fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for c in name.chars() {
        match words.last_mut() {
            Some(word) if !c.is_uppercase() => word.push(c),
            _ => words.push(c.to_lowercase().to_string()),
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variant_is_spelled_as_the_contract_says() {
        assert_eq!(kebab("SecondFloorOffice"), "second-floor-office");
        assert_eq!(kebab("HandedToHr"), "handed-to-hr");
        assert_eq!(constant("HandedToHr"), "HANDED_TO_HR");
    }
}
