//! Names that do not exist, and those that may have been meant.

/// How many names a message lists.
const LISTED: usize = 12;

/// What to write in place of a name that none of `names` is: the one that differs from it by a letter in three at most, or
/// all there are.
pub(crate) fn hint(name: &str, names: &[impl AsRef<str>]) -> String {
    let names = || names.iter().map(AsRef::as_ref);
    let nearest = names().map(|other: &str| (distance(name, other), other)).min();
    match nearest {
        None => "it has none".to_owned(),
        Some((distance, nearest)) if distance <= 1.max(name.chars().count() / 3) => {
            format!("did you mean `{nearest}`?")
        }
        Some(_) => {
            let listed = names().take(LISTED).collect::<Vec<_>>().join(", ");
            match names().count().saturating_sub(LISTED) {
                0 => format!("it has {listed}"),
                more => format!("it has {listed} and {more} more"),
            }
        }
    }
}

/// How many letters must be changed, added or removed to get from one word to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (i, a) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in to.chars().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[row.len() - 1]
}

#[cfg(test)]
mod tests {
    use super::{distance, hint};

    #[test]
    fn distances() {
        assert_eq!([distance("", "abc"), distance("fc1", "fc1"), distance("kitten", "sitting")], [3, 0, 3]);
    }

    #[test]
    fn the_nearest_or_all() {
        assert_eq!(hint("fc11", &["conv1", "fc1"]), "did you mean `fc1`?");
        assert_eq!(hint("dense", &["conv1", "fc1"]), "it has conv1, fc1");
        // Three letters, of two bytes each, of which one may differ.
        assert_eq!(hint("äöü", &["abü"]), "it has abü");
        let many: Vec<_> = (0..20).map(|i| format!("conv{i}")).collect();
        assert!(hint("dense", &many).ends_with("conv11 and 8 more"));
        assert_eq!(hint("dense", &[] as &[&str]), "it has none");
    }
}
