#!/bin/sh
# Holds our SMS segment counter against Twilio's own (npm sms-segments-calculator), over every
# text of ours and many generated ones. Needs node and npm, and the network; not part of the tests.
set -eu
cd "$(dirname "$0")/.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
npm install --silent --no-audit --no-fund --prefix "$folder" sms-segments-calculator@1.3.0 >&2
.venv/bin/python -m tests.segment_texts "${1:-20000}" > "$folder/texts"
NODE_PATH="$folder/node_modules" node - "$folder/texts" <<'JS'
const { SegmentedMessage } = require("sms-segments-calculator");
const lines = require("fs").readFileSync(process.argv[2], "utf8").trim().split("\n");
let different = 0;
for (const line of lines) {
  const ours = JSON.parse(line);
  const theirs = new SegmentedMessage(ours.text);
  const gsm7 = theirs.encodingName === "GSM-7";
  if (gsm7 !== ours.gsm7 || theirs.segmentsCount !== ours.segments) {
    if (different++ < 10) {
      console.log(`ours ${ours.segments}, theirs ${theirs.segmentsCount}: ${JSON.stringify(ours.text)}`);
    }
  }
}
console.log(`${lines.length} texts, ${different} counted differently`);
process.exit(different ? 1 : 0);
JS
