"use strict";
// Opens the print dialogue by itself; without this file the browser's own key does.
addEventListener("load", () => window.print());
