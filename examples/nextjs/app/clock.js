"use client";

import { useState } from "react";

export default function Clock() {
  const [time, setTime] = useState("");
  const ask = async () => setTime((await (await fetch("/api/time")).json()).time);
  return (
    <p>
      <button onClick={ask}>Ask the API</button> {time}
    </p>
  );
}
