// How long nobody has used a page that looks again by itself. It stops asking then: a browser that
// was left alone is not kept signed in.
"use strict";

const idleFor = (() => {
  let usedAt = Date.now();
  for (const what of ["keydown", "pointerdown", "pointermove", "focus"]) {
    addEventListener(what, () => (usedAt = Date.now()), { capture: true, passive: true });
  }
  return () => Date.now() - usedAt;
})();
