//! Lists that end in good order where a text would become too long.

/// Appends a heading and as many lines as fit into `budget` characters; what doesn't fit is counted by `rest`. Nothing is
/// appended when not even the heading fits. Gives back what is left of the budget.
pub(super) fn append(
    text: &mut String,
    heading: &str,
    lines: &[String],
    rest: impl Fn(usize) -> String,
    budget: usize,
) -> usize {
    if lines.is_empty() {
        return budget;
    }
    let size = |text: &str| text.chars().count();
    // The line that counts the rest is longest when it counts all.
    let closing = size(&rest(lines.len())) + 1;
    let Some(mut left) = budget.checked_sub(size(heading) + closing) else { return budget };
    text.push_str(heading);
    for (i, line) in lines.iter().enumerate() {
        // The last line may take the place of the closing one.
        let room = if i + 1 == lines.len() { left + closing } else { left };
        let needs = size(line) + 1;
        if needs > room {
            text.push_str(&rest(lines.len() - i));
            text.push('\n');
            return left;
        }
        text.push_str(line);
        text.push('\n');
        left = left.saturating_sub(needs);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted_and_the_budget_is_kept() {
        let lines: Vec<String> = (0..20).map(|i| format!("- line {i}")).collect();
        for budget in 0..300 {
            let mut text = String::new();
            append(&mut text, "## Lines\n\n", &lines, |n| format!("- and {n} more"), budget);
            assert!(text.chars().count() <= budget, "{budget}: {}", text.chars().count());
            let shown = text.matches("- line").count();
            let counted = text.split("- and ").nth(1).and_then(|rest| rest.split(' ').next()?.parse::<usize>().ok());
            assert!(text.is_empty() || shown + counted.unwrap_or(0) == lines.len(), "{budget}: {text}");
        }
    }
}
