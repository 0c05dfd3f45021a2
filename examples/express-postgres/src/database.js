import pg from "pg";

// `sslmode=require` encrypts without asking who answers; the network is the deployment's own.
const url = new URL(process.env.DATABASE_URL ?? "postgresql://localhost/shopping");
const encrypted = url.searchParams.get("sslmode") === "require";
url.searchParams.delete("sslmode");

export const pool = new pg.Pool({
  connectionString: url.href,
  ssl: encrypted ? { rejectUnauthorized: false } : false,
  max: 5,
});
