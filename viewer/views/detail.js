// One finding, opened: what, where, why, and the patch.
import { element, counted } from "../dom.js";
import { inlineMarkdown, markdown } from "../markdown.js";
import { placeWords } from "../model.js";
import { exceptionWords } from "../summary.js";
import { address, readState } from "../state.js";

function source(finding) {
  const title = element("figcaption", {}, element("code", {}, placeWords(finding.location)));
  if (!finding.excerpt) return element("figure", { class: "source" }, title);
  const [first, lines, leftOut] = finding.excerpt;
  const rows = lines.map(([text, start, end], index) => {
    const characters = Array.from(text);
    const marked = start !== undefined;
    const code = element("code", {});
    if (marked) {
      code.append(characters.slice(0, start).join(""));
      code.append(element("mark", {}, characters.slice(start, end).join("") || " "));
      code.append(characters.slice(end).join(""));
    } else code.append(text);
    return element("div", { class: marked ? "line marked" : "line" }, element("span", { class: "number" }, String(first + index)), code);
  });
  return element("figure", { class: "source" }, title,
    element("div", { class: "lines", tabindex: "0", role: "region", "aria-label": `Source of ${placeWords(finding.location)}` }, rows),
    leftOut > 0 && element("p", { class: "more" }, `and ${counted(leftOut, "more line")}`));
}

function copyButton(text, label) {
  const button = element("button", { type: "button", class: "button small" }, label);
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text());
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed by the browser";
    }
    setTimeout(() => { button.textContent = label; }, 1500);
  });
  return button;
}

function diff(patch) {
  const rows = patch.replace(/\n$/, "").split("\n").map((line) => {
    const kind = line.startsWith("+++") || line.startsWith("---") ? "file" : line.startsWith("@@") ? "hunk" : line.startsWith("+") ? "add" : line.startsWith("-") ? "remove" : "same";
    return element("div", { class: `line ${kind}` }, element("code", {}, line));
  });
  return element("div", { class: "lines diff", tabindex: "0", role: "region", "aria-label": "Patch" }, rows);
}

function section(title, ...content) {
  return element("section", {}, element("h3", {}, title), ...content);
}

// What is known about a published flaw; addresses are those of the advisory, and only of the web.
function vulnerability(flaw) {
  const facts = [
    flaw.fixed && `fixed in ${flaw.fixed}`,
    !flaw.fixed && flaw.fix_state.replaceAll("-", " "),
    flaw.score !== undefined && `CVSS ${flaw.score.toFixed(1)}`,
    flaw.exploited_since && `exploited since ${flaw.exploited_since}${flaw.ransomware ? ", by ransomware too" : ""}`,
    flaw.epss !== undefined && `exploited within 30 days with a probability of ${(100 * flaw.epss).toFixed(1)} %`,
    flaw.published && `published ${flaw.published}`,
    flaw.rated_by && `rated by ${flaw.rated_by}`,
    flaw.aliases && `also ${flaw.aliases.join(", ")}`,
  ].filter(Boolean);
  const links = (flaw.references || []).filter((reference) => /^https?:\/\//.test(reference));
  return section("Vulnerability",
    element("ul", { class: "evidence" }, facts.map((fact) => element("li", {}, fact))),
    links.length > 0 && element("ul", { class: "evidence" }, links.map((reference) =>
      element("li", {}, element("a", { href: reference, rel: "noopener noreferrer" }, reference)))));
}

// Where it is, what to do, and what else speaks for it.
export function particulars(finding, withSource) {
  return [
    withSource && source(finding),
    (finding.remediation || finding.patch) && section("Fix",
      finding.remediation && element("p", {}, inlineMarkdown(finding.remediation)),
      finding.fix && element("p", {}, element("span", { class: `tag ${finding.fix.safety}` }, finding.fix.safety === "safe" ? "safe: ringwall scan --fix applies it" : "unsafe: may change what runs, ringwall scan --fix=unsafe applies it")),
      finding.patch ? diff(finding.patch) : finding.fix && element("p", {}, "Its patch is not shown: the lines are too long, or their text is not at hand.")),
    finding.vulnerability && vulnerability(finding.vulnerability),
    finding.evidence && section("Evidence", element("ul", { class: "evidence" }, finding.evidence.map((item) =>
      element("li", {}, item.label, " ", element("code", {}, placeWords(item.location)))))),
  ];
}

export function message(finding) {
  return [
    element("p", { class: "message" }, finding.message, finding.confidence && element("span", { class: "tag" }, `confidence ${finding.confidence}`)),
    finding.exception && element("p", { class: "accepted-by" }, element("strong", {}, "Accepted "), exceptionWords(finding.exception),
      finding.exception.location && element("code", {}, placeWords(finding.exception.location))),
  ];
}

export function controls(finding) {
  return element("ul", { class: "chips", "aria-label": "Controls" }, finding.controls.map((control) => element("li", {}, control)));
}

export function detail(finding, lead = null) {
  const same = lead && placeWords(lead.location) === placeWords(finding.location);
  const page = finding.page ? markdown(finding.page) : null;
  const link = () => new URL(address({ ...readState(), open: finding.id, page: "1" }), location.href).href;
  return element("div", { class: "detail" },
    message(finding),
    particulars(finding, !same),
    page && element("details", { class: "page", open: true }, element("summary", {}, "About this check"), element("div", { class: "prose" }, page)),
    element("div", { class: "foot" },
      controls(finding),
      element("span", { class: "actions" }, finding.patch && copyButton(() => finding.patch, "Copy patch"), copyButton(link, "Copy link"))));
}
