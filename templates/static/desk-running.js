// The page works without this; it only looks again by itself, while somebody can see it and has
// used it lately, and nobody is in the middle of it.
"use strict";

const NOBODY_AFTER = 25 * 60_000;
const live = () => document.getElementById("live");

async function again() {
  const before = live();
  const busy = before.contains(document.activeElement) && document.activeElement.id !== "content";
  if (document.hidden || idleFor() > NOBODY_AFTER) return;
  if (busy || before.querySelector("details[open]")) return;
  let answer;
  try {
    answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  } catch {
    return; // no connection: what is shown says how old it is
  }
  if (answer.redirected) return location.assign(answer.url); // signed out meanwhile
  if (!answer.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fresh = page.getElementById("live");
  if (fresh) before.replaceWith(fresh);
}

setInterval(again, Number(live().dataset.seconds) * 1000);
document.addEventListener("visibilitychange", again);
