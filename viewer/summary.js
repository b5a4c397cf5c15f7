// The head of every view: the grade, the matrix of rings and severities, and what was not looked at.
import { element, graphic, counted } from "./dom.js";
import { gradeOf } from "./grade.js";
import { RINGS, SEVERITIES, placeWords, subjectWords } from "./model.js";
import { changeState, readState } from "./state.js";

const NOT_ASSESSED_SHOWN = 200;

function emblem(model, grade) {
  const drawing = graphic("svg", { viewBox: "0 0 140 140", class: "emblem", role: "img", "aria-label": `Grade ${grade.letter ?? "none"}, ${grade.words}` });
  RINGS.forEach((ring, index) => {
    const worst = SEVERITIES.find((severity) => model.count(ring, severity) > 0) ?? "none";
    const radius = 64 - index * 10;
    const gap = 16;
    const length = 2 * Math.PI * radius;
    drawing.append(
      graphic("circle", {
        cx: 70, cy: 70, r: radius, class: `arc ${worst}`,
        "stroke-dasharray": `${length - gap} ${gap}`,
        transform: `rotate(${-90 + index * 47} 70 70)`,
      }, graphic("title", {}, `${ring}: ${worst === "none" ? "no finding" : `worst is ${worst}`}`)),
    );
  });
  drawing.append(graphic("text", { x: 70, y: 72, class: `letter ${grade.letter ?? "none"}` }, grade.letter ?? "?"));
  return drawing;
}

function matrix(model) {
  const pressed = (ring, severity) => {
    const state = readState();
    const rings = ring === null || state.ring === ring;
    const severities = severity === null || (state.severity.length === 1 && state.severity[0] === severity);
    return rings && severities && (ring !== null || state.ring === "") && (severity !== null || state.severity.length === 0);
  };
  const choose = (ring, severity) => () => {
    const off = pressed(ring, severity);
    changeState({ ring: off ? "" : ring ?? "", severity: off || severity === null ? [] : [severity], status: "fail", page: "1", open: "" });
  };
  const filters = [];
  const filter = (ring, severity, attributes, ...children) => {
    const button = element("button", { type: "button", onclick: choose(ring, severity), ...attributes }, ...children);
    filters.push(() => button.setAttribute("aria-pressed", String(pressed(ring, severity))));
    return button;
  };
  const table = element(
    "table",
    { class: "matrix" },
    element("caption", { class: "unseen" }, "Open findings by ring and severity; each cell filters the list"),
    element("thead", {}, element("tr", {}, element("td"), SEVERITIES.map((severity) =>
      element("th", { scope: "col" }, filter(null, severity, { class: `head ${severity}` }, element("span", { class: "long" }, severity), element("span", { class: "short", "aria-hidden": "true" }, severity === "medium" ? "med" : severity === "critical" ? "crit" : severity)))))),
    element("tbody", {}, RINGS.map((ring) =>
      element("tr", {}, element("th", { scope: "row" }, filter(ring, null, { class: "head" }, ring)), SEVERITIES.map((severity) => {
        const count = model.count(ring, severity);
        const label = `${counted(count, "finding")}: ${severity}, ring ${ring}`;
        return element("td", {}, count === 0
          ? element("span", { class: "nil", "aria-label": label }, "–")
          : filter(ring, severity, { class: `cell ${severity}`, "aria-label": label }, count.toLocaleString("en")));
      })))),
  );
  const update = () => {
    // The table of a report that was replaced listens no longer.
    if (table.isConnected) filters.forEach((each) => each());
    else removeEventListener("statechange", update);
  };
  addEventListener("statechange", update);
  filters.forEach((each) => each());
  return table;
}

export function exceptionWords(exception) {
  return [`by ${exception.source}`, exception.owner && `owner ${exception.owner}`, exception.until && `until ${exception.until}`, exception.reason].filter(Boolean).join(", ");
}

function notAssessed(report) {
  const items = report.not_assessed;
  if (items.length === 0) return null;
  const open = items.filter((item) => item.status !== "accepted");
  const more = items.length - NOT_ASSESSED_SHOWN;
  return element(
    "section",
    { class: `missing ${open.length ? "" : "accepted"}`, id: "not-assessed", "aria-labelledby": "missing-title" },
    element("h2", { id: "missing-title" }, open.length
      ? `${counted(open.length, "thing")} could not be assessed`
      : `${counted(items.length, "thing")} not assessed, accepted`),
    open.length > 0 && element("p", {}, "What was not looked at can hide anything. This result is not complete until these are readable or accepted."),
    element("ul", {}, [...open, ...items.filter((item) => item.status === "accepted")].slice(0, NOT_ASSESSED_SHOWN).map((item) =>
      element("li", {},
        element("code", {}, item.location ? placeWords(item.location) : subjectWords(item.subject)),
        element("span", { class: "reason" }, item.reason),
        element("span", { class: "id" }, item.id),
        item.exception && element("span", { class: "tag" }, `accepted ${exceptionWords(item.exception)}`)))),
    more > 0 && element("p", {}, `and ${counted(more, "more", "more")} in the JSON report`),
  );
}

function wordsOf(counts) {
  const words = Object.entries(counts).filter(([, count]) => count > 0).map(([word, count]) => `${count.toLocaleString("en")} ${(count === 1 ? word.replace(/s$/, "") : word).replace("_", " ")}`);
  return words.length ? words.join(", ") : "nothing";
}

export function summary(model) {
  const { report } = model;
  const grade = gradeOf(report);
  const failing = Object.values(report.summary.fail).reduce((sum, count) => sum + count, 0);
  const fact = (name, value) => element("div", {}, element("dt", {}, name), element("dd", {}, value));
  return [
    element("section", { class: "summary", "aria-label": "Summary" },
      element("div", { class: "grade" },
        emblem(model, grade),
        element("div", {},
          element("h1", { class: "headline" }, failing > 0
            ? counted(failing, "open finding")
            : grade.missing ? "Nothing found in what could be assessed" : grade.letter ? "Nothing found" : "Nothing was assessed"),
          element("p", { class: `verdict ${grade.missing ? "warn" : ""}` }, grade.letter ? `Grade ${grade.letter}: ${grade.words}` : `No grade: ${grade.words}`),
          grade.missing > 0 && element("a", { class: "warn", href: "#not-assessed", onclick: (event) => { event.preventDefault(); document.getElementById("not-assessed").scrollIntoView(); } }, `${counted(grade.missing, "thing")} not assessed`))),
      matrix(model),
      element("dl", { class: "facts" },
        fact("Assessed", wordsOf(report.summary.assessed)),
        fact("Skipped", wordsOf(report.summary.skipped)),
        fact("Accepted", counted(report.summary.accepted, "finding")),
        fact("As of", report.as_of ?? "unknown"))),
    notAssessed(report),
  ];
}
