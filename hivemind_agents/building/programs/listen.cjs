// Loaded before an application whose code names its port or listens on the host's own address only:
// there the load balancer would not reach it.
"use strict";

const net = require("node:net");

const given = Number(process.env.PORT);
const named = Number(process.env.HIVEMIND_NAMED_PORT);
const own = new Set(["localhost", "127.0.0.1", "::1"]);
const listen = net.Server.prototype.listen;

const isPort = (value) =>
  (typeof value === "number" || (typeof value === "string" && /^\d+$/.test(value)));

net.Server.prototype.listen = function (...parts) {
  const asked = parts[0];
  const options = typeof asked === "object" && asked !== null;
  const port = Number(options ? asked.port : asked);
  if ((options ? isPort(asked.port) : isPort(asked)) && given && (port === named || port === given)) {
    if (options) {
      const host = own.has(asked.host) ? "0.0.0.0" : asked.host;
      parts[0] = { ...asked, port: given, ...(host ? { host } : {}) };
    } else {
      parts[0] = given;
      if (own.has(parts[1])) parts[1] = "0.0.0.0";
    }
  }
  return listen.apply(this, parts);
};
