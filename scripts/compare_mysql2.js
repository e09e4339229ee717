// One client process of mysql2 (Node) for scripts/compare and scripts/violations: its bulk form `INSERT … VALUES ?`, one transaction per batch.
//
// Reads the job as JSON from stdin. With `values`, it inserts these rows at once and prints how many rows the server acknowledged. Otherwise it loads
// its batches of script_execution: the rows of parloader's built-in plan (parloader/builtin/plan.py, default parameters, parents with the keys 1 to 10
// and 1 to 100), made in JavaScript, as compare.lua makes them in Lua, and prints the times of the first statement and of the last commit, in seconds
// of the monotonic clock.

const mysql = require("mysql2/promise");

const COLUMNS = "id, script_reference_id, script_version_id, schedule_id, planned, triggering_event_id, created_at";

const START_MS = Date.UTC(2024, 0, 1);
const SPAN_MS = 365 * 86400 * 1000;

// A DATETIME in UTC, this many milliseconds after the start; milliseconds are cut off
function datetime(afterMs) {
  return new Date(START_MS + afterMs).toISOString().slice(0, 19).replace("T", " ");
}

function row(i, rows) {
  // floor(i × span / rows) in two parts: a number holds integers up to 2^53 only
  const wholeMs = Math.floor(SPAN_MS / rows);
  const afterMs = i * wholeMs + Math.floor((i * (SPAN_MS - wholeMs * rows)) / rows);
  const reference = (i % 10) + 1;
  const parent = (Math.floor(i / 2) % 100) + 1;
  return i % 2 === 0
    ? [i + 1, reference, reference, parent, datetime(afterMs), null, datetime(afterMs + 1000)]
    : [i + 1, reference, reference, null, null, parent, datetime(afterMs)];
}

function now() {
  return Number(process.hrtime.bigint()) / 1e9;
}

async function load(connection, { rows, batches }) {
  const begun_seconds = now();
  for (const [start, stop] of batches) {
    const values = [];
    for (let i = start; i < stop; i++) values.push(row(i, rows));
    await connection.query(`INSERT INTO script_execution (${COLUMNS}) VALUES ?`, [values]);
    await connection.commit();
  }
  return { begun_seconds, ended_seconds: now() };
}

async function main() {
  const job = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const connection = await mysql.createConnection({ ...job.server, charset: "utf8mb4" });
  await connection.query("SET autocommit = 0");
  let answer;
  if (job.values) {
    const [result] = await connection.query(job.statement, [job.values]);
    await connection.commit();
    answer = { acknowledged: result.affectedRows };
  } else {
    answer = await load(connection, job);
  }
  await connection.end();
  console.log(JSON.stringify(answer));
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1); // the open connection would keep it running
});
