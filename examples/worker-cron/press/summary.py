"""The summary, run by the clock: how many orders there are, how many wait, and when it counted."""

from datetime import UTC, datetime

from press.store import Store


def main() -> None:
    store = Store.connect()
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    store.set_summary({"orders": store.count(), "waiting": store.waiting(), "at": now})
    print(f"{store.count()} orders at {now}")


if __name__ == "__main__":
    main()
