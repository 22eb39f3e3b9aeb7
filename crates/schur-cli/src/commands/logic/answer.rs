//! Answers as text and as JSON.

use schur_logic::Value;
use serde_json::{Value as Json, json};

use crate::report::printable;

/// An answer for people, behind its query.
pub fn text(query: &str, value: &Value) -> String {
    match value {
        Value::Truth(truth) => format!("{query}: {truth}"),
        Value::Count(count) => format!("{query}: {count} {}", if *count == 1 { "row" } else { "rows" }),
        Value::Number(number) => format!("{query}: {number}"),
        Value::Rows { rows, .. } if rows.is_empty() => format!("{query}: none"),
        Value::Rows { rows, weights, .. } => {
            let weight = |row: usize| weights.as_ref().map_or(String::new(), |weights| format!(" = {}", weights[row]));
            let lines =
                rows.iter().enumerate().map(|(at, row)| format!("\n  {}{}", printable(&row.join(", ")), weight(at)));
            format!("{query}:{}", lines.collect::<String>())
        }
        Value::Tensor { elements, values, .. } => {
            let lines = values
                .iter()
                .enumerate()
                .map(|(at, number)| format!("\n  {} = {number}", printable(&names(elements, at).join(", "))));
            format!("{query}:{}", lines.collect::<String>())
        }
        other => format!("{query}: {other:?}"),
    }
}

/// What the indices of an element are called, by its row-major position.
fn names(elements: &[Vec<String>], mut position: usize) -> Vec<&str> {
    let mut names = Vec::new();
    for axis in elements.iter().rev() {
        names.push(axis[position % axis.len()].as_str());
        position /= axis.len();
    }
    names.reverse();
    names
}

/// An answer for machines. Infinite numbers, as the zeros of min-plus and max-plus, are null.
pub fn record(value: &Value) -> Json {
    match value {
        Value::Truth(truth) => json!(truth),
        Value::Count(count) => json!(count),
        Value::Number(number) => json!(number),
        Value::Rows { variables, rows, weights: None } => json!({ "variables": variables, "rows": rows }),
        Value::Rows { variables, rows, weights } => {
            json!({ "variables": variables, "rows": rows, "weights": weights })
        }
        Value::Tensor { variables, elements, values } => {
            json!({ "variables": variables, "elements": elements, "values": values })
        }
        other => json!(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_named_row_major() {
        let elements = [vec!["A".to_owned(), "B".to_owned()], vec!["0".to_owned(), "1".to_owned(), "2".to_owned()]];
        let value = Value::Tensor { variables: vec![], elements: elements.to_vec(), values: vec![0.0; 6] };
        let lines = text("T[i, j]", &value);
        assert_eq!(lines.lines().nth(1), Some("  A, 0 = 0"));
        assert_eq!(lines.lines().nth(5), Some("  B, 1 = 0"));
    }
}
