"""The worker: takes orders from the queue and prints them, until it is told to stop."""

import signal

from press.banner import banner
from press.store import Store


def main() -> None:
    store, running = Store.connect(), True

    def stop(*_: object) -> None:
        nonlocal running
        running = False

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    print("the press runs", flush=True)
    while running:
        order = store.next_order(timeout_s=1)
        if order:
            store.printed(order, banner(order["text"]))
            print(f"printed {order['id']}", flush=True)
    print("the press stands", flush=True)


if __name__ == "__main__":
    main()
