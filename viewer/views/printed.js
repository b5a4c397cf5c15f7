// What goes on paper: every finding with its place and its patch, and each check explained once, at the end.
import { element, counted } from "../dom.js";
import { markdown } from "../markdown.js";
import { STATUSES, placeWords } from "../model.js";
import { controls, message, particulars } from "./detail.js";

// Root causes that go on paper; more are a matter of filters.
const PRINTED_ROWS = 500;
const PRINTED_MEMBERS = 100;

function printedHead(finding) {
  return element("div", { class: "print-head" },
    element("span", { class: `badge ${finding.severity}` }, finding.severity),
    element("span", { class: "title" }, finding.title),
    finding.title !== finding.check && element("code", { class: "check" }, finding.check),
    finding.status !== "fail" && element("span", { class: `tag ${finding.status}` }, STATUSES[finding.status].toLowerCase()));
}

// A patch shows the lines around the place as well.
function printedDetail(finding, withSource) {
  return element("div", { class: "detail" }, message(finding), particulars(finding, withSource && !finding.patch), finding.controls.length > 0 && controls(finding));
}

function printedMember(finding, lead) {
  const same = placeWords(lead.location) === placeWords(finding.location);
  return element("div", { class: "print-member" }, printedHead(finding), printedDetail(finding, !same));
}

function printedRow([lead, ...others]) {
  return element("li", { class: `row ${lead.severity}` },
    printedHead(lead),
    element("p", { class: "where" }, lead.words, " ", element("code", {}, placeWords(lead.location))),
    printedDetail(lead, true),
    others.length > 0 && element("div", { class: "members" },
      element("h3", {}, `${counted(others.length, "more finding")} with the same root cause`),
      others.slice(0, PRINTED_MEMBERS).map((finding) => printedMember(finding, lead)),
      others.length > PRINTED_MEMBERS && element("p", { class: "more" }, `and ${counted(others.length - PRINTED_MEMBERS, "more", "more")}; filter by check to see them`)));
}

// Examples teach whoever writes manifests at a screen; on paper they would be most of it.
function printedCheck(finding) {
  const [words] = finding.page.split(/^## Examples$/m);
  return element("section", { class: "print-check" },
    element("h3", {}, finding.title, " ", element("code", {}, finding.check)),
    element("div", { class: "prose" }, markdown(words)));
}

// Rows for the list, and what follows it.
export function printed(blocks) {
  const shown = blocks.slice(0, PRINTED_ROWS);
  const checks = new Map();
  for (const finding of shown.flat()) {
    if (finding.page && !checks.has(finding.check)) checks.set(finding.check, finding);
  }
  const more = blocks.length - shown.length;
  return {
    rows: shown.map(printedRow),
    rest: [
      more > 0 && element("p", { class: "more" }, `${counted(more, "more root cause")} not printed; filter before printing.`),
      checks.size > 0 && element("section", { class: "print-checks" }, element("h2", {}, "What the checks look for"), [...checks.values()].map(printedCheck)),
    ].filter(Boolean),
  };
}
