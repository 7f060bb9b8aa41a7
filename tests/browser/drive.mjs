// Opens pages in Chromium, does one thing with each, and says what was seen. A line in, a line out:
//   {"task": "look", "file": "/path/page.html", ...}
// The tasks are the functions at the end; tests/browser/test_html.py says what is expected.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];
// A page of a CI server has a name; none is ever asked for it.
const SERVED = "http://ci.invalid/report.html";

async function open(browser, { file, scheme = "light", width = 1200, script = true, policy, trusting = false }) {
  const context = await browser.newContext({
    viewport: { width, height: 900 },
    colorScheme: scheme,
    javaScriptEnabled: script,
    bypassCSP: trusting,
  });
  const page = await context.newPage();
  const seen = { console: [], errors: [], requests: [], dialogs: [] };
  page.on("console", (message) => seen.console.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => seen.errors.push(error.message));
  page.on("dialog", (dialog) => { seen.dialogs.push(dialog.message()); dialog.dismiss(); });
  const url = policy ? SERVED : pathToFileURL(file).href;
  page.on("request", (request) => { if (request.url() !== url) seen.requests.push(request.url()); });
  if (policy) {
    const headers = { "content-type": "text/html; charset=utf-8", "content-security-policy": policy };
    await page.route("**", (route) => route.fulfill({ status: 200, headers, body: readFileSync(file) }));
  }
  await page.goto(url);
  return { page, seen };
}

const isShown = (locator) => locator.evaluateAll((items) => items.filter((item) => item.checkVisibility()).length);
const listShown = (page) =>
  page.locator(".cases").first().locator(".case")
    .evaluateAll((items) => items.filter((item) => !item.hidden).map((item) => item.querySelector(".id").textContent));

const tasks = {
  // What is there when the page has come, without touching it.
  async look({ page, seen }) {
    return {
      ...seen,
      title: await page.title(),
      verdicts: await page.locator(".verdict").allTextContents(),
      tables: await isShown(page.locator("table")),
      cases: await isShown(page.locator(".cases .case")),
      filters: await isShown(page.locator("form.filter")),
      text: await page.locator("body").evaluate((body) => body.textContent),
    };
  },

  // Whether anything that others wrote became more than text.
  async inspect({ page, seen }) {
    await page.locator("details").evaluateAll((all) => all.forEach((one) => { one.open = true; }));
    await page.waitForTimeout(300);
    return {
      ...seen,
      attacked: await page.evaluate(() => window.attacked ?? null),
      scripts: await page.locator("script").count(),
      foreign: await page.locator("img, iframe, object, embed, link, base, video, audio, form:not(.filter)").count(),
      handlers: await page.evaluate(() =>
        [...document.querySelectorAll("*")].flatMap((node) => node.getAttributeNames()).filter((name) => name.startsWith("on"))),
      links: await page.locator("a").evaluateAll((all) => all.map((one) => one.getAttribute("href"))),
      text: await page.locator("body").evaluate((body) => body.textContent),
    };
  },

  // What filter and sort leave, in which order; `steps` are [name of a control, value].
  async filter({ page, seen }, { steps }) {
    const form = page.locator("form.filter").first();
    const lists = [await listShown(page)];
    for (const [name, value] of steps) {
      const control = form.locator(`[name="${name}"]`);
      if (name === "clear") await form.locator("button").click();
      else if (name === "text") await control.fill(value);
      else await control.selectOption(value);
      await page.waitForTimeout(50);
      lists.push(await listShown(page));
    }
    return { ...seen, lists, told: await form.locator("output").textContent() };
  },

  // A case, a trial and a tool call, opened with the keyboard alone.
  async unfold({ page, seen }) {
    const opened = [];
    for (const selector of [".case summary", ".trial > summary", ".turn summary"]) {
      const summary = page.locator(selector).first();
      await summary.focus();
      await page.keyboard.press("Enter");
      opened.push(await summary.evaluate((node) => node.parentElement.open));
    }
    return { ...seen, opened, turns: await page.locator(".turn").first().isVisible() };
  },

  // A link of the table of assumptions, followed.
  async follow({ page, seen }, { selector }) {
    const link = page.locator(selector).first();
    const target = (await link.getAttribute("href")).slice(1);
    await link.click();
    await page.waitForTimeout(100);
    return { ...seen, shown: await page.locator(`#${target}`).evaluate((node) => node.checkVisibility()) };
  },

  // Colours of text and paper.
  async colours({ page, seen }) {
    return { ...seen, ...(await page.evaluate(() => {
      const { color, backgroundColor } = getComputedStyle(document.documentElement);
      return { color, backgroundColor };
    })) };
  },

  // How wide the page is, without what scrolls inside it.
  async measure({ page, seen }) {
    return { ...seen, width: await page.evaluate(() => document.documentElement.scrollWidth) };
  },

  async print({ page, seen }, { out }) {
    await page.pdf({ path: out, format: "A4" });
    return seen;
  },

  // What axe finds, with everything folded out.
  async axe({ page, seen }) {
    await page.locator("details").evaluateAll((all) => all.forEach((one) => { one.open = true; }));
    const source = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf-8");
    await page.evaluate(source);
    const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
    return { ...seen, violations: found.violations.map((one) => `${one.id}: ${one.nodes[0].html.slice(0, 200)} (${one.nodes.length})`) };
  },

  // Milliseconds from the request until the page is laid out and painted, the best of several.
  async time({ page, seen }, { file }) {
    const times = [];
    for (let turn = 0; turn < 5; turn += 1) {
      await page.goto("about:blank");
      const start = Date.now();
      await page.goto(pathToFileURL(file).href);
      await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
      times.push(Date.now() - start);
    }
    return { ...seen, ms: Math.min(...times) };
  },
};

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
for await (const line of createInterface({ input: process.stdin })) {
  const { task, ...wanted } = JSON.parse(line);
  let answer;
  const opened = await open(browser, wanted);
  try {
    answer = await tasks[task](opened, wanted);
  } catch (error) {
    answer = { failure: `${task}: ${error.stack}` };
  }
  await opened.page.context().close();
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
await browser.close();
