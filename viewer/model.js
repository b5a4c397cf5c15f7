// A report, prepared once for filtering and grouping. Reads a bundle (report, excerpts, patches,
// pages) or a plain JSON report of version 1, which has no excerpts.

export const SEVERITIES = ["critical", "high", "medium", "low", "info"];
export const RINGS = ["cloud", "cluster", "container", "code"];
export const STATUSES = { fail: "Open", accepted: "Accepted", pass: "Passed" };

export function subjectWords(subject) {
  const name = [subject.namespace, subject.name].filter(Boolean).join("/");
  const words = [subject.kind, name];
  if (subject.container) words.push("container", subject.container);
  if (subject.image) words.push("image", subject.image);
  if (subject.package) words.push("package", subject.package);
  if (subject.file) words.push(subject.file);
  return words.filter(Boolean).join(" ");
}

export function placeWords(location) {
  return `${location.file}:${location.line}:${location.column}`;
}

export function prepare(input) {
  const bundle = input && input.report ? input : { report: input };
  const { report } = bundle;
  if (!report || report.version !== 1 || !Array.isArray(report.findings)) {
    throw new Error("This is not a ringwall report of version 1.");
  }
  const seen = new Map();
  const counts = new Map();
  const checks = new Map();
  const statuses = new Map();
  const findings = report.findings.map((finding, index) => {
    const base = `${finding.check}@${placeWords(finding.location)}`;
    const twin = (seen.get(base) ?? 0) + 1;
    seen.set(base, twin);
    const subject = subjectWords(finding.subject);
    const about = bundle.checks?.[finding.check] ?? {};
    const title = about.title ?? finding.check;
    if (finding.status === "fail") {
      const cell = `${finding.ring} ${finding.severity}`;
      counts.set(cell, (counts.get(cell) ?? 0) + 1);
    }
    checks.set(finding.check, (checks.get(finding.check) ?? 0) + 1);
    statuses.set(finding.status, (statuses.get(finding.status) ?? 0) + 1);
    return {
      ...finding,
      id: twin === 1 ? base : `${base}~${twin}`,
      title,
      page: about.page ?? null,
      words: subject,
      excerpt: bundle.excerpts?.[bundle.excerpt_of?.[index] ?? -1] ?? null,
      patch: bundle.patches?.[bundle.patch_of?.[index] ?? -1] ?? null,
      block: finding.group ? `${finding.group}\n${JSON.stringify(finding.subject)}` : null,
      haystack: `${finding.check} ${title} ${finding.message} ${subject} ${finding.location.file} ${finding.controls.join(" ")}`.toLowerCase(),
    };
  });
  return {
    report,
    findings,
    checks: [...checks].sort(([a], [b]) => (a < b ? -1 : 1)),
    statuses,
    count: (ring, severity) => counts.get(`${ring} ${severity}`) ?? 0,
  };
}

export function matching(model, filter) {
  const words = filter.q.toLowerCase().split(/\s+/).filter(Boolean);
  return model.findings.filter(
    (finding) =>
      (filter.status === "all" || finding.status === filter.status) &&
      (filter.severity.length === 0 || filter.severity.includes(finding.severity)) &&
      (filter.ring === "" || finding.ring === filter.ring) &&
      (filter.check === "" || finding.check === filter.check) &&
      words.every((word) => finding.haystack.includes(word)),
  );
}

// Findings of one root cause and one subject, led by the worst.
export function grouped(findings) {
  const blocks = [];
  const places = new Map();
  for (const finding of findings) {
    const key = finding.block && `${finding.status}\n${finding.block}`;
    const known = key ? places.get(key) : undefined;
    if (known) known.push(finding);
    else {
      const block = [finding];
      if (key) places.set(key, block);
      blocks.push(block);
    }
  }
  return blocks;
}
