// Applies the files of migrations/ that have not been applied yet, in order of their names.
import { readdir, readFile } from "node:fs/promises";
import { pool } from "./database.js";

const folder = new URL("../migrations/", import.meta.url);
const client = await pool.connect();
try {
  // One at a time, whoever else migrates.
  await client.query("SELECT pg_advisory_lock(20260101)");
  await client.query("CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY)");
  const { rows } = await client.query("SELECT name FROM migration");
  const applied = new Set(rows.map((row) => row.name));
  for (const name of (await readdir(folder)).sort()) {
    if (applied.has(name)) continue;
    await client.query("BEGIN");
    await client.query(await readFile(new URL(name, folder), "utf8"));
    await client.query("INSERT INTO migration VALUES ($1)", [name]);
    await client.query("COMMIT");
    console.log(`applied ${name}`);
  }
} finally {
  client.release();
  await pool.end();
}
