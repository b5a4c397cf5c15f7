// The Markdown of check pages, as nodes: headings, paragraphs, lists, fenced code,
// `code`, **strong**, *emphasis* and links to https. Everything else stays text.
import { element } from "./dom.js";

const INLINE = /`([^`]+)`|\*\*([^*]+)\*\*|\*([^*\s][^*]*)\*|\[([^\]]+)\]\((https:\/\/[^\s)]+)\)|<(https:\/\/[^\s>]+)>/g;

function link(text, address) {
  return element("a", { href: address, rel: "noreferrer noopener", target: "_blank" }, text);
}

export function inlineMarkdown(text) {
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(INLINE)) {
    if (match.index > at) nodes.push(text.slice(at, match.index));
    const [whole, code, strong, emphasis, label, address, bare] = match;
    if (code !== undefined) nodes.push(element("code", {}, code));
    else if (strong !== undefined) nodes.push(element("strong", {}, strong));
    else if (emphasis !== undefined) nodes.push(element("em", {}, emphasis));
    else if (label !== undefined) nodes.push(link(label, address));
    else nodes.push(link(bare, bare));
    at = match.index + whole.length;
  }
  if (at < text.length) nodes.push(text.slice(at));
  return nodes;
}

function codeBlock(info, lines) {
  const [language, verdict] = info.trim().split(/\s+/);
  const code = element("code");
  lines.forEach((line, index) => {
    const flagged = /\s*# <-\s*$/.test(line);
    const text = flagged ? line.replace(/\s*# <-\s*$/, "") : line;
    const newline = index < lines.length - 1 ? "\n" : "";
    const indent = text.length - text.trimStart().length;
    code.append(text.slice(0, indent), flagged ? element("mark", {}, text.slice(indent)) : text.slice(indent), newline);
  });
  const caption = verdict === "fail" ? "Found" : verdict === "pass" ? "Fine" : null;
  return element(
    "figure",
    { class: `example ${verdict === "fail" || verdict === "pass" ? verdict : ""}` },
    caption && element("figcaption", {}, caption),
    element("pre", { "data-language": language || null, tabindex: "0" }, code),
  );
}

export function markdown(source) {
  const nodes = [];
  let paragraph = [];
  let list = null;
  const flush = () => {
    if (paragraph.length) nodes.push(element("p", {}, inlineMarkdown(paragraph.join(" "))));
    paragraph = [];
    list = null;
  };
  const lines = source.split("\n");
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at];
    const fence = /^(`{3,})(.*)$/.exec(line);
    const heading = /^(#{1,4})\s+(.*)$/.exec(line);
    const item = /^\s*(?:[-*]|\d+\.)\s+(.*)$/.exec(line);
    if (fence) {
      flush();
      const code = [];
      for (at += 1; at < lines.length && !lines[at].startsWith(fence[1]); at += 1) code.push(lines[at]);
      nodes.push(codeBlock(fence[2], code));
    } else if (heading) {
      flush();
      nodes.push(element("h4", {}, inlineMarkdown(heading[2])));
    } else if (item) {
      if (!list) {
        flush();
        list = element("ul");
        nodes.push(list);
      }
      list.append(element("li", {}, inlineMarkdown(item[1])));
    } else if (line.trim() === "") {
      flush();
    } else if (list && /^\s+/.test(line)) {
      list.lastChild.append(" ", ...inlineMarkdown(line.trim()));
    } else {
      if (list) flush();
      paragraph.push(line.trim());
    }
  }
  flush();
  return nodes;
}
