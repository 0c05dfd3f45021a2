import "./page.css";

export const metadata = { title: "What time is it?" };

export default function Layout({ children }) {
  return (
    <html lang="en">
      <body>{children}</body>
    </html>
  );
}
