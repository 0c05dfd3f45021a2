"""Orders, banners and the summary, in Redis."""

import json
import os
from typing import Any, Self

import redis

QUEUE, ORDERS, SUMMARY = "press:queue", "press:orders", "press:summary"
KEPT = 20


class Store:
    """The newest orders by id, a queue of those that wait, and what the last summary counted."""

    def __init__(self, client: "redis.Redis[str]") -> None:
        self._redis = client

    @classmethod
    def connect(cls) -> Self:
        url = os.environ["REDIS_URL"]
        # Longer than the queue is waited at, also on a busy machine.
        return cls(redis.Redis.from_url(url, decode_responses=True, socket_timeout=30))

    def order(self, order_id: str, text: str) -> None:
        """Note an order, and put it into the queue."""
        with self._redis.pipeline() as pipe:
            pipe.set(f"press:order:{order_id}", json.dumps({"id": order_id, "text": text}))
            pipe.lpush(ORDERS, order_id)
            pipe.lpush(QUEUE, order_id)
            pipe.execute()

    def next_order(self, timeout_s: int) -> dict[str, Any] | None:
        """The oldest order that waits; None when none came in time."""
        found = self._redis.brpop([QUEUE], timeout=timeout_s)
        return self._get(found[1]) if found else None

    def printed(self, order: dict[str, Any], banner: str) -> None:
        """Keep the banner of an order."""
        self._redis.set(f"press:order:{order['id']}", json.dumps({**order, "banner": banner}))

    def orders(self) -> list[dict[str, Any]]:
        """The newest orders, those that wait too."""
        found = (self._get(order_id) for order_id in self._redis.lrange(ORDERS, 0, KEPT - 1))
        return [order for order in found if order]

    def waiting(self) -> int:
        return self._redis.llen(QUEUE)

    def count(self) -> int:
        return self._redis.llen(ORDERS)

    def set_summary(self, summary: dict[str, Any]) -> None:
        self._redis.set(SUMMARY, json.dumps(summary))

    def summary(self) -> dict[str, Any] | None:
        text = self._redis.get(SUMMARY)
        return json.loads(text) if text else None

    def _get(self, order_id: str) -> dict[str, Any] | None:
        text = self._redis.get(f"press:order:{order_id}")
        return json.loads(text) if text else None
