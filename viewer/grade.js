// One letter for a report. The same rule as in crates/report/src/grade.rs.

const HIGH_FOR_C = 5;

export function gradeOf(report) {
  const { critical, high, medium } = report.summary.fail;
  const missing = report.not_assessed.filter((item) => item.status !== "accepted").length;
  const looked = Object.values(report.summary.assessed).some((count) => count > 0);
  if (critical > 0) return { letter: "F", missing, words: missing ? "incomplete" : "critical findings" };
  const orWorse = missing ? "or worse, incomplete" : "";
  if (high > HIGH_FOR_C) return { letter: "D", missing, words: orWorse || `more than ${HIGH_FOR_C} high` };
  if (high > 0) return { letter: "C", missing, words: orWorse || "high findings" };
  if (medium > 0) return { letter: "B", missing, words: orWorse || "medium findings" };
  if (missing) return { letter: null, missing, words: "incomplete" };
  if (!looked) return { letter: null, missing, words: "nothing assessed" };
  return { letter: "A", missing, words: "nothing at medium or above" };
}
