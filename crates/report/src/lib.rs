//! Findings as text, JSON, SARIF, JUnit, HTML, Markdown.
