// Starts the viewer: on the report in this page, on report.json beside it, or on a file one opens.
import { element } from "./dom.js";
import { prepare } from "./model.js";
import { changeState, readState } from "./state.js";
import { summary } from "./summary.js";
import { VIEWS } from "./views.js";

const app = document.getElementById("app");
let leaveView = null;

function showView(model, host) {
  const wanted = readState().view;
  const view = VIEWS.find((each) => each.id === wanted) ?? VIEWS[0];
  leaveView?.();
  host.replaceChildren();
  leaveView = view.show(model, host);
  const nav = document.getElementById("views");
  // One view needs no choice.
  nav.hidden = VIEWS.length < 2;
  nav.replaceChildren(...VIEWS.map((each) =>
    element("button", { type: "button", class: "button", "aria-current": each === view ? "page" : null, onclick: () => { changeState({ view: each.id }); showView(model, host); } }, each.title)));
}

function showReport(input) {
  const model = prepare(input);
  const host = element("main", { id: "main", tabindex: "-1" });
  app.replaceChildren(...summary(model).filter(Boolean), host);
  document.body.classList.add("loaded");
  showView(model, host);
}

function showWelcome(problem) {
  app.replaceChildren(
    element("main", { id: "main", class: "welcome" },
      element("h1", {}, "Open a report"),
      element("p", {}, "Choose a file that ", element("code", {}, "ringwall scan -o json"), " wrote, or drop it here. It stays in your browser."),
      problem && element("p", { class: "problem", role: "alert" }, problem)));
}

async function openFile(file) {
  try {
    showReport(JSON.parse(await file.text()));
  } catch (error) {
    showWelcome(`${file.name}: ${error.message}`);
  }
}

function start() {
  const embedded = document.getElementById("report");
  if (embedded) {
    showReport(JSON.parse(embedded.textContent));
    return;
  }
  fetch("report.json")
    .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error("no report here"))))
    .then(showReport)
    .catch(() => showWelcome(null));
}

document.querySelector(".skip").addEventListener("click", (event) => {
  // The address holds the filters, so it must not become #main.
  event.preventDefault();
  document.getElementById("main")?.focus();
});

const fileInput = document.getElementById("report-file");
fileInput.addEventListener("change", () => fileInput.files[0] && openFile(fileInput.files[0]));
document.getElementById("open-file").addEventListener("click", () => fileInput.click());
addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  if (event.dataTransfer.files[0]) openFile(event.dataTransfer.files[0]);
});
addEventListener("hashchange", () => dispatchEvent(new Event("statechange")));

const root = document.documentElement;
function setTheme(theme) {
  root.dataset.theme = theme;
  try {
    localStorage.setItem("ringwall-theme", theme);
  } catch {
    // A page without storage forgets the choice; nothing else is lost.
  }
}
try {
  const theme = localStorage.getItem("ringwall-theme");
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;
} catch {
  // The system's choice holds.
}
document.getElementById("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  setTheme(dark ? "light" : "dark");
});

try {
  start();
} catch (error) {
  showWelcome(error.message);
}
