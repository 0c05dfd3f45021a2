import Clock from "./clock";

// Rendered anew for each request.
export const dynamic = "force-dynamic";

export default function Page() {
  return (
    <main>
      <h1>What time is it?</h1>
      <p>
        On the server: <time>{new Date().toISOString()}</time>
      </p>
      <Clock />
    </main>
  );
}
