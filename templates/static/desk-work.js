// Shows the work list anew while somebody looks at it; without this the page does so by itself.
"use strict";

const EVERY = 20_000;
const NOBODY_AFTER = 25 * 60_000;

const moved = document.getElementById("moved");
let isPaused = false;

function tell(words) {
  moved.hidden = false;
  const status = moved.querySelector("[role=status]");
  if (status.textContent !== words) status.textContent = words;
}

// What the focus is on keeps it, where it is still there.
function put(fresh) {
  const focused = document.activeElement?.id;
  document.getElementById("work").replaceWith(fresh.getElementById("work"));
  document.querySelector(".filters").replaceWith(fresh.querySelector(".filters"));
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

function say(fresh) {
  const stand = document.getElementById("stand");
  const now = fresh.getElementById("stand");
  if (stand.textContent !== now.textContent) stand.replaceChildren(...now.childNodes);
  document.title = fresh.title;
}

async function look() {
  if (document.hidden || isPaused) return;
  if (idleFor() > NOBODY_AFTER) {
    isPaused = true;
    tell(moved.dataset.paused);
    return;
  }
  const answer = await fetch(moved.querySelector("a").href, { redirect: "manual" });
  if (!answer.ok) {
    isPaused = true;
    tell(moved.dataset.paused);
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  say(fresh);
  // Nothing moves under the hand of somebody who has stopped at a line.
  const inside = document.getElementById("work").contains(document.activeElement);
  const ids = (page) => [...page.querySelectorAll("#work tr[id]")].map((row) => row.id).join();
  if (inside && ids(document) !== ids(fresh)) tell(moved.dataset.moved);
  else {
    put(fresh);
    moved.hidden = true;
  }
}

setInterval(() => look().catch(() => {}), EVERY);
document.addEventListener("visibilitychange", () => look().catch(() => {}));
